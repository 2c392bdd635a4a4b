"""The books of one load of a file as they stand in the warehouse, with what was corrected of its rejects since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.load import Batch

BOOKS = """SELECT outcome, loaded + duplicates + superseded, duplicates, inserted, updated, unchanged, superseded,
  corrected
FROM etl.books WHERE load_id = :load_id"""


def books_query(load_id: str) -> Batch:
    """What the books say of a load: one row once it is in."""
    return Batch(statements=(BOOKS,), parameters={"load_id": load_id})


def books_row(load_id: str, record: Sequence[Any]) -> LedgerRow:
    """The row of the query's result: `staged` and what became of the rows has the corrected ones too."""
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
