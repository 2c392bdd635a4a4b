"""Named parameters of the Data API: each :name outside literals becomes a quoted literal."""

from __future__ import annotations

from collections.abc import Mapping

from local.redshift.sql.tokens import TokenKind, literal, tokenize


def bind(sql: str, values: Mapping[str, str]) -> tuple[str, set[str], set[str]]:
    """Return the SQL with its values, the names of the used values, and the names without a value."""
    made: list[str] = []
    used: set[str] = set()
    missing: set[str] = set()
    for token in tokenize(sql):
        name = token.text[1:]
        if token.kind is TokenKind.PARAMETER and name in values:
            used.add(name)
            made.append(literal(values[name]))
        else:
            missing |= {name} if token.kind is TokenKind.PARAMETER else set()
            made.append(token.text)
    return "".join(made), used, missing
