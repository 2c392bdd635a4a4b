"""Names in SQL: their allowed form, and the only function that puts them into a statement."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chalicelib.errors import Broken

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
"""Names that need no escape, that Redshift does not fold, and that are short enough for PostgreSQL, too."""


def quote_identifier(name: str) -> str:
    """Return the name in double quotes, so that words such as user and case are names too. Raises Broken."""
    if not IDENTIFIER.fullmatch(name):
        raise Broken(f"{name!r:.80} cannot be a name in SQL; rename it in the contract", code="BAD_IDENTIFIER")
    return f'"{name}"'


def quote_identifiers(names: Iterable[str]) -> str:
    """Return a list of columns, quoted, with commas."""
    return ", ".join(quote_identifier(n) for n in names)


def qualified(schema: str, table: str) -> str:
    """Return a table with its schema, quoted."""
    return f"{quote_identifier(schema)}.{quote_identifier(table)}"


def fold(header: str) -> str:
    """Return a header name without case, spaces and underscores, for comparison."""
    return "".join(header.casefold().split()).replace("_", "")
