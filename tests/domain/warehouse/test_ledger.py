"""How the ledger is queried and read."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import Outcome
from chalicelib.domain.warehouse.ledger import ledger_query, ledger_row
from chalicelib.errors import Broken

IDS = ["0123456789abcdef" * 2, "f" * 32]


def test_the_ledger_is_queried_by_its_sort_key() -> None:
    query = ledger_query("contact", IDS, 1767225600.9)
    assert query.statements[0].endswith(
        "WHERE object = :object AND committed_at >= CAST('2025-12-31 00:00:00' AS timestamp) "
        f"AND load_id IN ('{IDS[0]}', '{IDS[1]}')"
    )
    assert query.parameters == {"object": "contact"}


def test_the_ledger_of_a_full_group_fits_a_statement() -> None:
    query = ledger_query("o" * 63, [f"{n:032x}" for n in range(500)], 0.0)
    assert len(query.statements[0]) < 100_000


@pytest.mark.parametrize("load_id", ["", "F" * 32, "0" * 31, "'" + "0" * 31])
def test_an_id_of_another_form_is_not_rendered(load_id: str) -> None:
    with pytest.raises(Broken):
        ledger_query("contact", [IDS[0], load_id], 0.0)


def test_a_ledger_row_is_read() -> None:
    found = ledger_row(["x", "SUPERSEDED", 9, 8, 1, 8, 0, "1", 2, 3, 2])
    assert (found.load_id, found.outcome, found.staged) == ("x", Outcome.SUPERSEDED, 8)
    assert (found.duplicate, found.inserted, found.updated, found.unchanged, found.superseded) == (0, 1, 2, 3, 2)
