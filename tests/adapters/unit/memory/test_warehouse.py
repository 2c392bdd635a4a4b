"""The knobs by which a simulation makes the warehouse misbehave."""

from __future__ import annotations

import pytest

from chalicelib.adapters.memory import Fate, MemoryClock, MemoryObjects, MemoryWarehouse
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import Site, memory_site
from tests.support.load_orders import ledger_of

PART = b"0,a,1,,x\n"


@pytest.fixture
def site() -> Site:
    return memory_site()


def inside(site: Site) -> tuple[MemoryWarehouse, MemoryClock]:
    assert isinstance(site.warehouse, MemoryWarehouse)
    assert isinstance(site.warehouse.clock, MemoryClock)
    return site.warehouse, site.warehouse.clock


@pytest.fixture
def order(site: Site) -> LoadOrder:
    return site.order(site.contract("t"), [PART], load="one")


@pytest.mark.parametrize(
    ("fate", "state", "retryable"),
    [
        (Fate.REFUSED, StatementState.FAILED, False),
        (Fate.CONFLICT, StatementState.FAILED, True),
        (Fate.ABORTED, StatementState.FAILED, True),
        (Fate.STUCK, StatementState.RUNNING, False),
        (Fate.LOST, StatementState.GONE, False),
    ],
)
def test_a_fate_befalls_one_statement_and_leaves_no_row(
    site: Site, order: LoadOrder, fate: Fate, state: StatementState, retryable: bool
) -> None:
    warehouse, _ = inside(site)
    warehouse.fates.append(fate)
    ended = site.load(order)
    assert (ended.state, ended.retryable) == (state, retryable)
    assert ledger_of(warehouse, order) == {}
    assert site.load(order, attempt=2).state is StatementState.FINISHED


def test_a_stuck_statement_ends_when_it_is_cancelled(site: Site, order: LoadOrder) -> None:
    warehouse, _ = inside(site)
    warehouse.fates.append(Fate.STUCK)
    stuck = site.load(order)
    warehouse.cancel(stuck.statement_id)
    ended = warehouse.describe(stuck.statement_id)
    assert (ended.state, ended.retryable) == (StatementState.FAILED, True)


def test_after_a_forgotten_token_only_one_statement_counts(site: Site, order: LoadOrder) -> None:
    warehouse, clock = inside(site)
    first = warehouse.submit(order, token="t", name="n").statement_id
    clock.advance(warehouse.token_life)
    second = warehouse.submit(order, token="t", name="n").statement_id
    assert first != second
    clock.advance(1)
    assert [s.state for s in warehouse.run_due()] == [StatementState.FINISHED] * 2
    assert warehouse.run_due() == []
    row = ledger_of(warehouse, order).get(order.shares[0].load_id)
    assert row
    assert row.inserted == 1


def test_a_statement_is_forgotten_but_its_load_is_in_the_ledger(site: Site, order: LoadOrder) -> None:
    warehouse, clock = inside(site)
    ended = site.load(order)
    clock.advance(warehouse.statement_life)
    assert warehouse.describe(ended.statement_id).state is StatementState.GONE
    assert ledger_of(warehouse, order).get(order.shares[0].load_id)


def test_statements_run_when_they_are_due_in_their_order(site: Site, order: LoadOrder) -> None:
    warehouse, clock = inside(site)
    slow = warehouse.submit(order, token="1", name="n").statement_id
    warehouse.statements[slow].due += 100
    fast = warehouse.submit(order, token="2", name="n").statement_id
    assert warehouse.run_due() == []
    assert [s.statement_id for s in warehouse.run_due(clock.now() + 1)] == [fast]
    assert [s.statement_id for s in warehouse.run_due(clock.now() + 200)] == [slow]


def test_a_part_that_is_not_mandatory_may_be_missing() -> None:
    clock = MemoryClock()
    objects = MemoryObjects(clock)
    site = memory_site()
    order = site.order(site.contract("t"), [PART], load="one")
    url = order.manifest.removeprefix("s3://landing/")
    objects.put("landing", url, b'{"entries": [{"url": "s3://landing/nowhere"}]}')
    warehouse = MemoryWarehouse(clock, objects, latency=0)
    statement = warehouse.submit(order, token="t", name="n").statement_id
    warehouse.run_due()
    assert warehouse.describe(statement).error == "staging has 0 rows, but the load expects 1"
