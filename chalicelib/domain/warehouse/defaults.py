"""A contract's defaults in SQL: what replaces an empty field or an absent column.

Only text is bound as a parameter. The Data API may bind every parameter as varchar, and Redshift does not cast varchar
to boolean, so the other types are literals. The contract has checked their values; their form is checked once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.identifiers import quote_identifier
from chalicelib.errors import Broken

_LITERAL = re.compile(r"[0-9A-Za-z :.+-]{1,64}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_TRUE = ("true", "t", "yes", "y", "1")
_BOUND = (TypeName.CHAR, TypeName.VARCHAR, TypeName.SUPER)


def fill_defaults(contract: Contract, staging: str) -> list[str]:
    """Return the UPDATE that fills empty values; empty if the contract has no default."""
    filled = [(quote_identifier(c.name), c) for c in contract.columns if c.default is not None]
    if not filled:
        return []
    sets = [f"{name} = COALESCE({name}, {_default_sql(c)})" for name, c in filled]
    empty = " OR ".join(f"{name} IS NULL" for name, _ in filled)
    return [f"UPDATE {quote_identifier(staging)} SET {', '.join(sets)} WHERE {empty}"]  # noqa: S608 (quoted names only)  # nosec B608


def default_parameters(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield the parameters of the UPDATE. A parameter cannot be empty."""
    for column in contract.columns:
        if column.default and column.type.kind in _BOUND:
            yield f"default_{column.name}", column.default


def _default_sql(column: Column) -> str:
    """Return a default in SQL. A cast would not parse JSON or hexadecimal, so these two have their own functions."""
    text, kind = column.default or "", column.type.kind
    if kind is TypeName.SUPER:
        return f"JSON_PARSE(CAST(:default_{column.name} AS varchar(65535)))"
    if kind is TypeName.VARBYTE:
        return f"FROM_HEX('{_of_form(_HEX, column, text)}')"
    if column.type.is_text:
        return f"CAST(:default_{column.name} AS {column.type.sql})" if text else "''"
    if kind is TypeName.BOOLEAN:
        return "TRUE" if text.lower() in _TRUE else "FALSE"
    return f"CAST('{_of_form(_LITERAL, column, text)}' AS {column.type.sql})"


def _of_form(form: re.Pattern[str], column: Column, text: str) -> str:
    """Return the text if it needs no quoting. Raises Broken: another form is a fault in our code."""
    if not form.fullmatch(text):
        raise Broken(f"the default of {column.name} is not a literal of its type", code="BAD_LOAD_ORDER")
    return text
