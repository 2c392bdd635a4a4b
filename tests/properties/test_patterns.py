"""Patterns as tables beside Python's own matching: the table accepts what `re` does, and never more."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.automaton import Automaton, compile_table
from chalicelib.domain.checks_rules import pattern
from chalicelib.domain.swar import PADDING, Fields, fields_of

QUOTE = '"'
ATOMS = st.sampled_from(
    ["a", "b", "0", r"\.", ".", r"\d", r"\W", r"\s", "[ab]", "[^a]", "[a-c0-9_]", r"[^\d-]", "-", "é", "[é-ü]", QUOTE]
)
REPEATS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{0,2}?", "{2,}", "*?"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})")
    return st.one_of(st.lists(inner, max_size=4).map("".join), st.tuples(groups, REPEATS).map("".join))


EXPRESSIONS = st.recursive(st.tuples(ATOMS, REPEATS).map("".join), grown, max_leaves=4)
# Short: `re` takes time exponential in the value for some of these expressions; the table does not.
VALUES = st.lists(st.text('ab0c.-_ \0\n\té"', max_size=6), min_size=1, max_size=40)


def fields_with(values: list[str]) -> Fields:
    """Values end to end, as fields of a padded block."""
    raw = [value.encode() for value in values]
    lengths = np.array([len(value) for value in raw], np.int64)
    return fields_of(b"".join(raw) + PADDING).part(np.cumsum(lengths) - lengths, lengths)


def table(expression: str) -> Automaton:
    found = compile_table(expression, QUOTE)
    assert found
    return found


@given(EXPRESSIONS, VALUES)
def test_a_table_accepts_what_re_matches_in_ascii_without_quotes_and_nul(expression: str, values: list[str]) -> None:
    automaton = compile_table(expression, QUOTE)
    if not automaton:
        return  # too many states
    proven = automaton.prove(fields_with(values), 64).tolist()
    assert proven == [v.isascii() and not {QUOTE, "\0"} & set(v) and bool(re.fullmatch(expression, v)) for v in values]


@given(EXPRESSIONS, VALUES)
def test_a_pattern_proves_nothing_that_its_judge_refuses(expression: str, values: list[str]) -> None:
    check = pattern(expression, QUOTE)
    plain = [value.replace(QUOTE, "") for value in values]
    for value, proven in zip(plain, check.prove(fields_with(plain)).tolist(), strict=True):
        assert not proven or check.judge(value.encode()) is None


@pytest.mark.parametrize(
    ("expression", "good", "bad"),
    [
        (r"[A-Z]{3}-[0-9]{6}", "ABC-123456", "ABC-12345"),
        (r"^[a-z.]+@[a-z.]+\.[a-z]{2,}$", "jo.do@mail.example.org", "jo.do@example"),
        (r"[0-9]{5}(-[0-9]{4})?", "12345-6789", "12345-678"),
        ("x{1,60}", "x" * 60, "x" * 61),
    ],
)
def test_what_people_write_has_a_table(expression: str, good: str, bad: str) -> None:
    assert table(expression).prove(fields_with([good, bad, good + "\n"]), 64).tolist() == [True, False, False]


@pytest.mark.parametrize("expression", [r"(a)\1", "(?=a)a", "a++", r"a\b", "(?>a)", ".{1,4000}", "(a|b)*a.{12}"])
def test_other_expressions_have_none(expression: str) -> None:
    assert compile_table(expression, QUOTE) is None


def test_longer_fields_are_left_to_the_judge() -> None:
    assert table("x*").prove(fields_with(["x" * 64, "x" * 65]), 64).tolist() == [True, False]
