"""The rows that COPY refused, as the warehouse's system view has them.

The view's own message is not read: it may quote a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.warehouse.load import Batch

COPY_FAULTS = """SELECT TRIM(file_name), line_number, TRIM(column_name), error_code FROM sys_load_error_detail
WHERE query_id = CAST(:query_id AS bigint) ORDER BY file_name, line_number LIMIT 1000"""
"""The first rows that one COPY refused. The limit bounds what is read; further rows come to light in later rounds."""
MEANINGS = {
    RowCode.TOO_MANY_COLUMNS: "more fields than columns",
    RowCode.TOO_FEW_COLUMNS: "fewer fields than columns",
    RowCode.OUT_OF_RANGE: "too long, or out of range",
    RowCode.DATE: "not a date",
    RowCode.TIMESTAMP: "not a time or timestamp",
    RowCode.DIGIT: "not a number",
    RowCode.FLOAT: "not a number",
    RowCode.DECIMAL: "not a number",
    RowCode.BOOLEAN: "not a boolean",
    RowCode.REQUIRED: "empty, but not nullable",
    RowCode.UTF8: "not valid text",
    RowCode.INTEGER_OVERFLOW: "out of range",
    RowCode.VARBYTE: "not hexadecimal",
    RowCode.JSON: "not JSON",
}


@dataclass(frozen=True, kw_only=True)
class CopyFault:
    """One row that COPY refused."""

    file: str
    """s3:// URL of the staged part."""
    line: int
    """Its line there, from 1."""
    column: str
    """The column of staging; empty if the row as a whole is at fault."""
    code: int
    """Redshift's load error code."""

    @property
    def reason(self) -> str:
        """The fault, without a value."""
        meaning = MEANINGS[RowCode(self.code)] if self.code in MEANINGS else "see the load error reference"
        return f"is refused by the warehouse's COPY, though the check passed it (load error {self.code}: {meaning})"


def copy_faults_query(query_id: int) -> Batch:
    """Return the query for the rows that one COPY refused."""
    return Batch(statements=(COPY_FAULTS,), parameters={"query_id": str(query_id)})


def copy_fault(record: Sequence[Any]) -> CopyFault:
    """Read a row of the query's result."""
    file, line, column, code = record
    return CopyFault(file=str(file), line=int(line), column=str(column or ""), code=int(code))
