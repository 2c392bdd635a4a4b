"""SQL is cut so that text inside literals, comments and bodies stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.redshift.sql.bind import bind
from local.redshift.sql.tokens import TokenKind, loud, text_of, tokenize

_PIECES = st.sampled_from(
    ["'", '"', "$$", "$x$", "--", "/*", "*/", "\n", ":a", "::", "select", " ", "1.5", "é", ";", "<="]
)


@given(st.lists(_PIECES | st.text(max_size=5)).map("".join))
def test_tokens_joined_give_the_input_back(sql: str) -> None:
    assert text_of(tokenize(sql)) == sql


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("'it''s -- not a comment'", [TokenKind.LITERAL]),
        ("$$ truncate x; 'open $$", [TokenKind.BODY]),
        ("$a$ $$ $a$", [TokenKind.BODY]),
        ("$1", [TokenKind.PLACE]),
        ("a::b", [TokenKind.WORD, TokenKind.CAST, TokenKind.WORD]),
        (":name", [TokenKind.PARAMETER]),
        ("a<=b--x", [TokenKind.WORD, TokenKind.SIGN, TokenKind.WORD]),
        ("'never closed", [TokenKind.OPEN, TokenKind.WORD, TokenKind.WORD]),
    ],
)
def test_kinds(sql: str, kinds: list[TokenKind]) -> None:
    assert [token.kind for token in loud(tokenize(sql))] == kinds


def test_a_parameter_is_bound_outside_literals_only() -> None:
    sql, used, missing = bind("select :a, ':a', x::a, :b -- :a", {"a": "it's"})
    assert sql == "select 'it''s'::varchar, ':a', x::a, :b -- :a"
    assert (used, missing) == ({"a"}, {"b"})
