"""The warehouse's books of one load of a file, with the corrections of its rejects so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.load import Batch

BOOKS = """SELECT outcome, loaded + duplicates + superseded, duplicates, inserted, updated, unchanged, superseded,
  corrected
FROM etl.books WHERE load_id = :load_id"""


def books_query(load_id: str) -> Batch:
    """Return the query for the books of a load: one row once it is committed."""
    return Batch(statements=(BOOKS,), parameters={"load_id": load_id})


def books_row(load_id: str, record: Sequence[Any]) -> LedgerRow:
    """Read a row of the query's result: all its counts include corrected rows."""
    outcome, *counts = record
    staged, duplicate, inserted, updated, unchanged, superseded, corrected = map(int, counts)
    return LedgerRow(
        load_id=load_id,
        outcome=Outcome(outcome),
        staged=staged,
        duplicate=duplicate,
        inserted=inserted,
        updated=updated,
        unchanged=unchanged,
        superseded=superseded,
        corrected=corrected,
    )
