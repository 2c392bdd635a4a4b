"""The COPY of a load: it reads the staged parts into staging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.contract import Contract, StageAs
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.identifiers import quote_identifier, quote_identifiers
from chalicelib.domain.warehouse.ddl import MARK, OFFSET, staging_name

if TYPE_CHECKING:
    from chalicelib.domain.warehouse.load import LoadOrder

QUOTE = "'"
LARGE_LOAD = 1_000_000
"""Rows from which COPY updates the statistics of staging. Without them the planner guesses, and may send large staging
to every node. For fewer rows the analysis takes longer than it saves."""


def copy_of(order: LoadOrder) -> str:
    """Return the COPY of the parts into staging."""
    contract = order.contract
    columns = ((MARK, OFFSET) if contract.lineage else ()) + order.columns
    form = _json() if contract.stage_as is StageAs.JSON else _csv(contract.dialect)
    role = "default" if order.iam_role == "default" else f"'{order.iam_role}'"
    region = f" REGION '{order.region}'" if order.region else ""
    statistics = "ON" if order.rows_good >= LARGE_LOAD else "OFF"
    return (
        f"COPY {quote_identifier(staging_name(order.group_id))} ({quote_identifiers(columns)})\n"
        f"FROM '{order.manifest}'\nIAM_ROLE {role}{region}\n"
        f"{form}{_timeformat(contract)}\n"
        f"COMPUPDATE OFF STATUPDATE {statistics} MAXERROR 0"
    )


def _csv(dialect: Dialect) -> str:
    """NULL AS '' makes empty fields NULL, as EMPTYASNULL does, and keeps COPY from taking a text `\\N` for NULL."""
    own_quote, own_delimiter = dialect.staged_quote, dialect.staged_delimiter
    quote = "" if own_quote == '"' else f" QUOTE AS '{own_quote * (1 + (own_quote == QUOTE))}'"
    delimiter = "" if own_delimiter == "," else f" DELIMITER AS '{_copy_delimiter(own_delimiter)}'"
    return f"FORMAT AS CSV{quote}{delimiter} ZSTD MANIFEST NULL AS '{dialect.staged_null}'"


def _json() -> str:
    """A column without a name in an object is NULL. NULL AS is not allowed."""
    return "FORMAT AS JSON 'auto' ZSTD MANIFEST"


def _copy_delimiter(delimiter: str) -> str:
    """Return a delimiter as COPY reads it: octal where it would be hard to see or a quote."""
    if delimiter == "\t":
        return "\\t"
    return delimiter if delimiter.isprintable() and delimiter not in (" ", QUOTE) else f"\\{ord(delimiter):03o}"


def _timeformat(contract: Contract) -> str:
    """Return the option for timestamps: without it, COPY reads no T between day and time, and no Z."""
    moments = TypeName.TIMESTAMP, TypeName.TIMESTAMPTZ
    return " TIMEFORMAT AS 'auto'" if any(column.type.kind in moments for column in contract.columns) else ""
