"""How the ledger is queried and read."""

from __future__ import annotations

from chalicelib.domain.run.model import Outcome
from chalicelib.domain.warehouse.ledger import ledger_query, ledger_row


def test_the_ledger_is_queried_for_many_loads_at_once() -> None:
    query = ledger_query(["1", "2"])
    assert query.statements[0].endswith("WHERE load_id IN (:load_id_0, :load_id_1)")
    assert query.parameters == {"load_id_0": "1", "load_id_1": "2"}


def test_a_ledger_row_is_read() -> None:
    found = ledger_row(["x", "SUPERSEDED", 9, 8, 1, 8, 0, "1", 2, 3, 2])
    assert (found.load_id, found.outcome, found.staged) == ("x", Outcome.SUPERSEDED, 8)
    assert (found.duplicate, found.inserted, found.updated, found.unchanged, found.superseded) == (0, 1, 2, 3, 2)
