"""Patterns of which no table can be made."""

from __future__ import annotations

import re

from chalicelib.domain.checks.rules import SHORT, pattern
from tests.support.files.fields import fields_with

LOOKS_AHEAD = r"(?=.*[0-9])[a-z0-9]{2,80}"
"""No table can be made of it."""


def test_a_pattern_beyond_tables_judges_distinct_values_once() -> None:
    check = pattern(LOOKS_AHEAD, '"')
    values = ["a1", "ab", "a1", "", "z" * 20 + "7", "z" * 20 + "8", "z" * 21, "9" * SHORT, "9" * (SHORT + 1), "a1é"]
    proven = check.prove(fields_with(values)).tolist()
    assert proven == [bool(re.fullmatch(LOOKS_AHEAD, v)) and len(v.encode()) <= SHORT for v in values]
    assert [check.judge(v.encode()) is None for v in values] == [bool(re.fullmatch(LOOKS_AHEAD, v)) for v in values]


def test_a_pattern_leaves_long_values_and_quotes_to_the_judge() -> None:
    assert pattern(LOOKS_AHEAD, '"').prove(fields_with(["9" * (SHORT + 1)] * 3)).tolist() == [False] * 3
    assert pattern(r'(?=.)a"+', '"').prove(fields_with(['a"', 'a""'])).tolist() == [True, False]
