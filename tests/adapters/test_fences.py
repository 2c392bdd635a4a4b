"""A group that is fenced: nothing more comes of it, however late its statement runs."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.ids import digest
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import Site
from tests.support.load_orders import changed, ledger_of


def test_what_is_fenced_before_it_runs_changes_nothing(site: Site, contract: Contract) -> None:
    order = site.order(contract, [b"0,a,1.5,,\n"], load="fenced")
    site.warehouse.fence(contract.target, order.group_id)
    site.warehouse.fence(contract.target, order.group_id)
    assert site.load(order).state is StatementState.FINISHED
    assert ledger_of(site.warehouse, order) == {}
    assert site.rows(contract) == []
    again = changed(order, group_id=digest("another group of", order.group_id))
    assert site.load(again).state is StatementState.FINISHED
    assert len(site.rows(contract)) == 1


def test_a_fence_after_the_end_changes_nothing(site: Site, contract: Contract) -> None:
    order = site.order(contract, [b"0,a,1.5,,\n"], load="over")
    site.load(order)
    site.warehouse.fence(contract.target, order.group_id)
    assert order.shares[0].load_id in ledger_of(site.warehouse, order)
