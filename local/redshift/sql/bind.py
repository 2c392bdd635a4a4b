"""Named parameters of the Data API: each :name outside literals becomes a quoted literal."""

from __future__ import annotations

from collections.abc import Mapping

from local.redshift.sql.tokens import Kind, literal, tokenize


def bind(sql: str, values: Mapping[str, str]) -> tuple[str, set[str], set[str]]:
    """The SQL with its values, the names it used, and the names it asked for that were not given."""
    made: list[str] = []
    used: set[str] = set()
    missing: set[str] = set()
    for token in tokenize(sql):
        name = token.text[1:]
        if token.kind is Kind.PARAMETER and name in values:
            used.add(name)
            made.append(literal(values[name]))
        else:
            missing |= {name} if token.kind is Kind.PARAMETER else set()
            made.append(token.text)
    return "".join(made), used, missing
