"""Key patterns: what they match, what they capture, which overlap."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.key_pattern import PatternError, compile_pattern, overlap


@pytest.mark.parametrize(
    ("pattern", "key", "captures"),
    [
        ("incoming/a.csv", "incoming/a.csv", {}),
        ("incoming/a.csv", "incoming/a.csvx", None),
        ("incoming/a.csv", "incoming/aXcsv", None),
        ("incoming/*.csv", "incoming/a.csv", {}),
        ("incoming/*.csv", "incoming/.csv", {}),
        ("incoming/*.csv", "incoming/deeper/a.csv", None),
        ("incoming/**.csv", "incoming/deeper/a.csv", {}),
        ("incoming/a/*", "incoming/a/b", {}),
        ("incoming/a/*", "incoming/a/b/c/d.csv", {}),
        ("incoming/a/*", "incoming/a/", None),
        ("incoming/a/*", "incoming/ab", None),
        ("incoming/*/x.csv", "incoming/2026/x.csv", {}),
        ("incoming/*/x.csv", "incoming/2026/01/x.csv", None),
        ("m/c_{month}-{year}.csv", "m/c_November-2026.csv", {"month": "November", "year": "2026"}),
        ("m/c_{month}-{year}.csv", "m/c_a-b-c.csv", {"month": "a", "year": "b-c"}),
        ("m/c_{month}-{year}.csv", "m/c_-2026.csv", None),
        ("m/c_{month}-{year}.csv", "m/c_a/b-c.csv", None),
        ("m/{day}/*", "m/2026-01-01/b/c", {"day": "2026-01-01"}),
        ("a/b+c?[x].csv", "a/b+c?[x].csv", {}),
        ("a/*", "a/ü # & %2B\n名前.csv", {}),
    ],
)
def test_matching(pattern: str, key: str, captures: dict[str, str] | None) -> None:
    assert compile_pattern(pattern).match(key) == captures


@pytest.mark.parametrize("pattern", ["", "a/{b", "a/}b", "a/{B}", "a/{}", "a/{1}", "a/{b}{c}", "a/***", "a/{x}-{x}"])
def test_patterns_that_make_no_sense(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


LETTERS = st.text("ab/-", max_size=9)
PARTS = st.sampled_from(["a", "b", "/", "-", "ab", "*", "**", "{x}", "{y}"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    text = ""
    for part in draw(st.lists(PARTS, min_size=1, max_size=6)):
        wild = part[0] in "*{"
        if not (wild and (text[-1:] in ("*", "}") or part in text)):
            text += part
    return text


def as_regex(pattern: str) -> re.Pattern[str]:
    """The same rules, told another way."""
    if pattern.endswith("/*"):
        pattern = pattern[:-1] + "++"
    return re.compile(
        pattern.replace("++", "<1>")
        .replace("**", "<0>")
        .replace("*", "[^/]*")
        .replace("<0>", ".*")
        .replace("<1>", ".+")
        .replace("{x}", "(?P<x>[^/]+?)")
        .replace("{y}", "(?P<y>[^/]+?)"),
        re.DOTALL,
    )


@given(pattern=patterns(), key=LETTERS)
def test_matching_is_as_regular_expressions_have_it(pattern: str, key: str) -> None:
    found = as_regex(pattern).fullmatch(key)
    captures = compile_pattern(pattern).match(key)
    assert (captures is None) == (found is None)
    if found and captures and pattern.count("*") == 0:
        assert captures == found.groupdict()


@given(one=patterns(), other=patterns(), key=LETTERS)
def test_patterns_that_share_a_key_overlap(one: str, other: str, key: str) -> None:
    a, b = compile_pattern(one), compile_pattern(other)
    assert overlap(a, b) == overlap(b, a)
    if a.match(key) is not None and b.match(key) is not None:
        assert overlap(a, b)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a/*", "a/b/*", True),
        ("a/*.csv", "a/*.txt", False),
        ("a/*.csv", "a/b*", True),
        ("a/{x}-b", "a/c-{y}", True),
        ("a/*x", "a/b/c", False),
        ("a/**x", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("a/*/c", "a/b/c", True),
        ("a/x", "a/x", True),
        ("a/x", "a/{n}x", False),
    ],
)
def test_overlap(one: str, other: str, expected: bool) -> None:
    assert overlap(compile_pattern(one), compile_pattern(other)) is expected


def test_no_key_makes_matching_slow() -> None:
    pattern = compile_pattern("a/{b}-{c}-{d}-{e}-{f}.csv")
    started = time.perf_counter()
    assert pattern.match("a/" + "-" * 1_020) is None
    assert time.perf_counter() - started < 0.5
