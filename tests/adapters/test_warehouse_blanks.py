"""Blanks at the end of a text: no warehouse compares them, and the table has them as the newest row writes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import Contract, DuplicateKeys
from chalicelib.domain.run.duplicate_keys import RepeatedKeys
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import Site
from tests.support.load_orders import ledger_of

FINISHED = StatementState.FINISHED


@pytest.mark.parametrize("rows", ["a b a_ b__", "a_ b a__ b", "a__ é a é_"])
def test_keys_that_differ_in_blanks_at_the_end_are_one(site: Site, contract: Contract, rows: str) -> None:
    body = "".join(f"{10 * at},{key.replace('_', ' ')},1,,x\n" for at, key in enumerate(rows.split())).encode()
    strict = replace(contract, duplicate_keys=DuplicateKeys.FAIL)
    found = RepeatedKeys.read(site.load(site.order(strict, [body], load="strict")).error)
    order = site.order(contract, [body], load="lenient")
    assert site.load(order).state is FINISHED
    assert found
    row = ledger_of(site.warehouse, order)[order.shares[0].load_id]
    assert (row.inserted, row.duplicate) == (2, found.rows) == (2, 2)
    assert [r[0] for r in site.rows(contract)] == sorted(key.replace("_", " ") for key in rows.split()[-2:])


def test_a_change_of_blanks_at_the_end_is_a_change(site: Site, contract: Contract) -> None:
    for age, line in enumerate(("0,a,1,,x\n", "0,a ,1,,x\n", "0,a ,1,,x  \n", "0,a ,1,,x  \n"), 1):
        order = site.order(contract, [line.encode()], load=f"{age}", age=age)
        assert site.load(order).state is FINISHED
        row = ledger_of(site.warehouse, order)[order.shares[0].load_id]
        assert (row.inserted, row.updated) == (int(age == 1), int(age in (2, 3)))
    assert site.rows(contract) == [("a ", "1.00", None, "x  ")]
