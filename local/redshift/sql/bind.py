"""Named parameters of the Data API: each :name outside literals becomes a varchar value.

Untyped literals would take any type that their place wants. AWS documents no type of a bound parameter, so this is the
strictest one: what Redshift does not do with a varchar fails here.
"""

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
            made.append(f"{literal(values[name])}::varchar")
        else:
            missing |= {name} if token.kind is TokenKind.PARAMETER else set()
            made.append(token.text)
    return "".join(made), used, missing
