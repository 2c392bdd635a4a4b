"""Patterns beside Python's own matching: the same verdicts, and in time that is linear in the value."""

from __future__ import annotations

import re
import time
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.checks import matcher as matching
from chalicelib.domain.checks.automaton import Automaton, compile_table
from chalicelib.domain.checks.expression import MOST_STATES, machines, single_minded
from chalicelib.domain.checks.matcher import LONGEST, MOST_STEPS, Matcher, fault_of, matcher, most_steps
from chalicelib.domain.checks.rules import pattern
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.files.fields import fields_with
from tests.support.files.made_patterns import SHIPPED, WRITTEN, hostile_patterns, hostile_values, sound_patterns
from tests.support.paths import ROOT

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


def table(expression: str) -> Automaton:
    found = compile_table(expression, QUOTE)
    assert found
    return found


@given(EXPRESSIONS, VALUES)
def test_a_table_accepts_what_re_matches_in_plain_ascii(expression: str, values: list[str]) -> None:
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


def test_fields_that_are_long_and_many_are_proven_together() -> None:
    values = ["x" * 65, "x" * 200 + "y", "x" * 64] * 64
    assert table("x*").prove(fields_with(values), 64, longer=True).tolist() == [True, False, True] * 64
    assert table("x*").prove(fields_with(values), 64).tolist() == [False, False, True] * 64


# ---- one value at a time --------------------------------------------------------------------------------------------

FLAGS = st.sampled_from(["", "", "(?i)", "(?s)", "(?a)", "(?iu)", "(?x)"])
AHEAD = st.sampled_from(
    ["", "", "(?=a)", "(?!ab|b$)", "(?=.*[0b])(?!.*é)", r"^(?=\w+\Z)", "(?=a*$)", "(?!(?:a|b)*$)", "(?!^a)"]
)
TAILS = ["{}", "{}", "{}$", r"{}\Z", "(?:{}|b$|^0)", "{}\n"]
EVERYTHING = st.builds(
    lambda flags, ahead, expression, tail: flags + ahead + tail.format(expression),
    FLAGS, AHEAD, EXPRESSIONS, st.sampled_from(TAILS),
)  # fmt: skip
ODD = st.lists(st.text('aAb0c.-_ \0\n\té"ÉſKß日\ud800', max_size=6), min_size=1, max_size=40)


@given(EVERYTHING, ODD)
def test_a_value_is_judged_as_re_judges_it(expression: str, values: list[str]) -> None:
    made = Matcher(expression)
    assert [made.matches(v) for v in values] == [bool(re.fullmatch(expression, v)) for v in values]


@given(EVERYTHING, ODD)
def test_no_value_takes_more_steps_than_are_foretold(expression: str, values: list[str]) -> None:
    for value in values:
        made = Matcher(expression)
        made.matches(value)
        assert made.steps <= sum(most_steps(machine, len(value)) for machine in machines(expression))


@given(EVERYTHING, ODD)
def test_where_there_is_one_way_only_the_automaton_agrees_too(expression: str, values: list[str]) -> None:
    made = Matcher(expression)
    made._form = None
    assert [made.matches(v) for v in values] == [bool(re.fullmatch(expression, v)) for v in values]


@pytest.mark.parametrize(
    "expression", ["(a*)*b", "(a|)+b", "(a?b?)*c", "(a+)+b", "(a|aa)+", "a*a", ".*b", "(?:a?){900}b"]
)
def test_an_ambiguous_expression_has_several_ways(expression: str) -> None:
    assert not single_minded(machines(expression)[0])


def test_moves_that_are_forgotten_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_KEPT", 5)
    made, expression = Matcher("(?:[a-c]|é)*b.{3}"), re.compile("(?:[a-c]|é)*b.{3}")
    values = ["abcéabc", "aéb", "bbbb", "cbcébabc", "x", ""] * 3
    assert [made.matches(v) for v in values] == [bool(expression.fullmatch(v)) for v in values]


@pytest.mark.parametrize("longest", [256, LONGEST])
def test_none_of_200_hostile_patterns_takes_a_second(longest: int) -> None:
    made, taken = hostile_patterns(200), []
    values = hostile_values(longest)[:: 2 if longest < LONGEST else 10]
    for expression in made:
        started = time.perf_counter()
        refused = fault_of(expression, longest)
        taken.append(time.perf_counter() - started)
        assert "; " in refused or not refused
        for value in values if not refused else ():
            alone, started = Matcher(expression), time.perf_counter()
            alone.matches(value)
            taken.append(time.perf_counter() - started)
            assert alone.steps <= MOST_STEPS, expression
    assert len(made) == 200
    assert max(taken) < 5  # about 0.3 s; the steps are what is held to


@pytest.mark.parametrize("longest", [256, 4_000])
def test_all_of_200_sound_patterns_pass(longest: int) -> None:
    made = sound_patterns(200)
    assert [f"{expression} {fault}" for expression in made if (fault := fault_of(expression, longest))] == []
    assert len(made) == 200


def test_what_people_write_passes_for_the_longest_text_too() -> None:
    assert [f"{expression} {fault}" for expression in WRITTEN if (fault := fault_of(expression, LONGEST))] == []


def test_patterns_that_ship_are_among_them() -> None:
    files = chain((ROOT / "chalicelib/contracts").glob("*.toml"), (ROOT / "tests/api/corrected").glob("*.toml"))
    contracts = [read_contract(file.name, file.read_bytes()) for file in files]
    assert {column.pattern for contract in contracts for column in contract.columns if column.pattern} <= set(SHIPPED)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        (r"(a)\1", "a reference to a group; list the alternatives with | instead"),
        (r"(a)?(?(1)b|c)", "a reference to a group"),
        ("a++", "an atomic group or a possessive repeat; write a plain group or repeat"),
        ("[[a]", "[, --, &&, || or ~~ in a class, which a later Python may read differently (possible nested set at"),
        ("[a&&b]", "(possible set intersection at position 2); put a backslash before it"),
        ("(?>a|b)c", "an atomic group"),
        ("a(?=b)b", "a look-around after its start; move look-aheads to the start"),
        ("(?<!a)b", "a look-around after its start"),
        ("(?:(?=a)a|b)", "a look-around after its start"),
        (r"\bab\b", "an anchor or \\b inside; write the characters that are allowed there instead"),
        ("a^b", "an anchor or"),
        ("a$b", "an anchor or"),
        ("(?:a$)+", "an anchor or"),
        ("(?m)(?=a$)a", "an anchor or"),
        ("a(?!)", "that never matches"),
        ("(" * 3_000 + ")" * 3_000, "too many groups or too large counts to compile; make it shorter"),
        ("(a{200}){200}", f"more than {MOST_STATES} states; make its counts smaller"),
        ("(a|b)*a.{1000}", "takes too many steps for values of 65,535 bytes; use fewer nested repeats"),
        ("((a?){50}b?){50}", "takes too many steps"),
    ],
)
def test_what_cannot_be_matched_in_linear_time_is_refused(expression: str, fault: str) -> None:
    assert fault in fault_of(expression, LONGEST)


@pytest.mark.parametrize(
    ("expression", "good", "bad"),
    [
        ("(a|aa)+", "a" * 60_000, "a" * 60_000 + "b"),
        ("(a+)+b", "a" * 60_000 + "b", "a" * 60_000),
        ("(){4000000}a", "a", ""),
        ("(?:a?){3}", "aa", "aaaa"),
        (r"\A^a$\Z", "a", "a\n"),
        ("^a$|^b$", "b", "ab"),
        ("(?i:straße)", "STRASSE".replace("SS", "ß"), "strasse"),
        ("(?!0+$)[0-9]{5}", "00100", "00000"),
        ("(?=a$)a\n", "a\n", "a"),
        (r"(?=a\Z)a\n?", "a", "a\n"),
        (".{1,4000}", "é" * 4_000, "é" * 4_001),
    ],
)
def test_what_is_matched(expression: str, good: str, bad: str) -> None:
    assert fault_of(expression, LONGEST) == ""
    assert matcher(expression).matches(good)
    assert not matcher(expression).matches(bad)


def test_a_value_beyond_the_longest_is_refused_unseen() -> None:
    judge = pattern("x*", QUOTE).judge
    assert judge(b"x" * LONGEST) is None
    fault = judge(b"x" * (LONGEST + 1))
    assert fault
    assert fault.reason == "is longer than the 65,535 bytes that a pattern can check"
