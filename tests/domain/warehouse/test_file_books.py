"""How a file's books are queried."""

from __future__ import annotations

from chalicelib.domain.run.model import Outcome
from chalicelib.domain.warehouse.file_books import books_query, books_row


def test_the_books_of_a_load_are_queried_by_its_id_alone() -> None:
    load = "0123456789abcdef" * 2
    batch = books_query(load)
    assert batch.parameters == {"load_id": load}
    assert load not in "".join(batch.statements)
    row = books_row(load, ["LOADED", 7, "1", 2, 3, 0, 1, 4])
    assert (row.load_id, row.outcome, row.staged, row.corrected) == (load, Outcome.LOADED, 7, 4)
    assert (row.duplicate, row.inserted, row.updated, row.unchanged, row.superseded) == (1, 2, 3, 0, 1)
