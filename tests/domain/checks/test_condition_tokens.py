"""Texts and quoted names end where the warehouse ends them; what it may read otherwise is refused, with its place."""

from __future__ import annotations

import pytest

from chalicelib.domain.checks.condition_tokens import LONGEST_NAME, ConditionError, TokenKind, hint, tokens


def kinds(condition: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in tokens(condition)][:-1]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("'it''s' = a", [("text", "'it''s'"), ("sign", "="), ("word", "a")]),
        ("'' || ''''", [("text", "''"), ("sign", "||"), ("text", "''''")]),
        ("'-- /* ; \"'", [("text", "'-- /* ; \"'")]),
        ('"a ""b""" <> 1', [("quoted", '"a ""b"""'), ("sign", "<>"), ("number", "1")]),
        ("1.e3-.5", [("number", "1.e3"), ("sign", "-"), ("number", ".5")]),
        ("a<=-1", [("word", "a"), ("sign", "<="), ("sign", "-"), ("number", "1")]),
        ("a!~*'x'", [("word", "a"), ("sign", "!~*"), ("text", "'x'")]),
        ("a::int", [("word", "a"), ("sign", "::"), ("word", "int")]),
    ],
)
def test_a_condition_is_cut_into_its_tokens(condition: str, found: list[tuple[str, str]]) -> None:
    assert kinds(condition) == found


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("a -- b", "a comment at character 3"),
        ("a /* b */", "a comment at character 3"),
        ("a; b", "a semicolon at character 2"),
        ("a = 'b", "a string that is not closed"),
        ("a = 'b''", "a string that is not closed.* at character 5"),
        ("a = '\\'", "a string that is not closed, or has a backslash or a control character at character 5"),
        ("a = 'b\nc'", "a control character at character 5"),
        ('"" = a', "a quoted name that is empty or not closed"),
        ("$1", "a dollar sign at character 1"),
        ("a = é", "the character U\\+00E9 outside of quotes at character 5"),
        ("a\u00a0= 1", "the character U\\+00A0 outside of quotes at character 2"),
        ("a & b", '"&" at character 3'),
        ("1a", '"1" at character 1'),
        ("1.2.3", '"1" at character 1'),
    ],
)
def test_what_may_be_read_otherwise_is_refused(condition: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        tokens(condition)


def test_each_token_has_its_place() -> None:
    assert [token.at for token in tokens("a =  'b'")] == [1, 3, 6, 9]


def test_letters_beyond_ascii_are_text_within_quotes() -> None:
    assert kinds("'é' = \"ü\"") == [("text", "'é'"), ("sign", "="), ("quoted", '"ü"')]


@pytest.mark.parametrize("condition", ["", " \t\r\n"])
def test_nothing_is_an_end_at_the_first_free_place(condition: str) -> None:
    (end,) = tokens(condition)
    assert (end.kind, end.at) == (TokenKind.END, len(condition) + 1)


@pytest.mark.parametrize(("written", "name"), [("Amount", "amount"), ('"Amount"', "amount"), ('"a""B"', 'a"b')])
def test_names_are_compared_in_lower_case(written: str, name: str) -> None:
    assert tokens(written)[0].name == name


@pytest.mark.parametrize(
    ("written", "hinted"),
    [
        ("amuont", "; did you mean amount?"),
        ('"amuont"', "; did you mean amount?"),
        ('"paid"', "; put a string in single quotes"),
        ("paid", ""),
    ],
)
def test_a_hint_is_the_nearest_name_or_the_right_quotes(written: str, hinted: str) -> None:
    assert hint(tokens(written)[0], ["customer", "amount"]) == hinted


def test_longer_names_are_not_compared() -> None:
    longest = "x" * LONGEST_NAME
    assert hint(tokens(longest)[0], [longest + "y"]) == f"; did you mean {longest}y?"
    assert hint(tokens(longest + "x")[0], [longest + "y"]) == ""
