"""Direct loads over the wire port of the local Redshift: what they load, and what is left when they break off."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from chalicelib.adapters.direct import Connection, DirectLoads
from chalicelib.adapters.warehouse_login import WarehouseLogin
from chalicelib.domain.contract.contract import DataCheck, Limits, Load
from chalicelib.domain.warehouse.ddl import gate
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import StatementState, is_direct
from chalicelib.errors import Retryable
from tests.adapters.warehouses import Site, wire_login
from tests.support.load_orders import ledger_of

_names = (f"d{number}" for number in itertools.count(1))
ROWS = b"0,a,1.50,2026-01-01,first\n30,b,,,\n"
STATEMENTS = 14
"""At least the statements of a load, with its COMMIT and the limit of time."""


@pytest.fixture
def site(redshift: Site) -> Site:
    return replace(redshift, way=Load.DIRECT)


@pytest.fixture
def order(site: Site) -> LoadOrder:
    return site.order(site.contract(next(_names)), [ROWS], load="one")


def loads(site: Site, connect: Callable[[], Any]) -> DirectLoads:
    assert site.parts
    return DirectLoads(connect, site.parts)


def login(site: Site, secret: Any = None, **changes: Any) -> WarehouseLogin:
    assert site.local
    return wire_login(site.local, secret, **changes)


# ---- what is loaded -------------------------------------------------------------------------------------------------


def test_a_small_load_ends_at_once(site: Site, order: LoadOrder) -> None:
    ended = site.warehouse.submit(order, token="t", name="n")
    assert (ended.state, is_direct(ended.statement_id)) == (StatementState.FINISHED, True)
    assert [row[0] for row in site.rows(order.contract)] == ["a", "b"]


def test_more_rows_than_the_limit_go_by_copy(site: Site) -> None:
    contract = site.contract(next(_names), limits=Limits(direct_rows=1))
    statement = site.warehouse.submit(order := site.order(contract, [ROWS], load="one"), token="t", name="n")
    assert statement.running
    assert site.settle(statement.statement_id).state is StatementState.FINISHED
    assert ledger_of(site.warehouse, order)


def test_copy_names_a_row_that_inserts_cannot_stage(site: Site) -> None:
    order = site.order(site.contract(next(_names)), [b"0,a,1,,x\n0,b,much,,x\n"], load="one")
    ended = site.load(order)
    assert (ended.state, is_direct(ended.statement_id)) == (StatementState.FAILED, False)
    assert [(f.line, f.column) for f in site.warehouse.copy_faults(ended.copy_id)] == [(2, "amount")]


def test_a_broken_data_check_is_named_without_a_value(site: Site) -> None:
    check = DataCheck(name="whole", bad_rows="cast(note as integer) > 1")
    contract = site.contract(next(_names), checks=(check,))
    ended = site.load(site.order(contract, [b"0,a,1,,SECRET\n"], load="one"))
    assert is_direct(ended.statement_id)
    assert (ended.error, ended.retryable) == ("DATA_CHECK_BROKEN: check 1 cannot be evaluated", False)


# ---- what is left when it breaks off --------------------------------------------------------------------------------


class Breaking:
    """A connection that breaks before or after its nth statement; the last one is the COMMIT."""

    def __init__(self, real: Any, at: int, *, after: bool) -> None:
        self._real, self._at, self._after = real, at, after
        self.done = 0

    def cursor(self) -> Any:
        return BreakingCursor(self._real.cursor(), self.step)

    def commit(self) -> None:
        self.step(self._real.commit)

    def step(self, work: Callable[[], object]) -> None:
        self.done += 1
        if self.done == self._at and not self._after:
            raise BrokenPipeError
        work()
        if self.done == self._at and self._after:
            raise ConnectionResetError


class BreakingCursor:
    def __init__(self, real: Any, step: Callable[[Callable[[], object]], None]) -> None:
        self.__dict__.update(_real=real, _step=step)

    def __setattr__(self, name: str, value: str) -> None:
        setattr(self._real, name, value)

    def execute(self, operation: str, args: Any = None) -> None:
        self._step(lambda: self._real.execute(operation, args))


def breaking(site: Site, at: int, *, after: bool) -> Callable[[], Any]:
    @contextmanager
    def connect() -> Iterator[Connection]:
        with login(site).connect() as real:
            yield Breaking(real, at, after=after)

    return connect


@pytest.mark.parametrize("at", range(1, STATEMENTS + 1))
@pytest.mark.parametrize("after", [False, True])
def test_a_load_that_breaks_off_is_all_or_nothing(site: Site, order: LoadOrder, at: int, after: bool) -> None:
    with pytest.raises(Retryable, match="broke"):
        loads(site, breaking(site, at, after=after)).load(order)
    committed = ledger_of(site.warehouse, order)
    assert len(site.rows(order.contract)) == (2 if committed else 0)
    assert bool(committed) <= after
    assert site.load(order).state is StatementState.FINISHED
    [row] = ledger_of(site.warehouse, order).values()
    assert (row.staged, row.inserted, len(site.rows(order.contract))) == (2, 2, 2)


def test_the_last_statement_is_the_commit(site: Site, order: LoadOrder) -> None:
    seen: list[Breaking] = []

    @contextmanager
    def connect() -> Iterator[Connection]:
        with login(site).connect() as real:
            seen.append(Breaking(real, 0, after=False))
            yield seen[0]

    assert loads(site, connect).load(order)
    assert seen[0].done == STATEMENTS


def test_a_load_sent_twice_at_once_is_one(site: Site, order: LoadOrder) -> None:
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda _: loads(site, login(site).connect).load(order), range(2)))
    assert [statement and statement.state for statement in ended] == [StatementState.FINISHED] * 2
    [row] = ledger_of(site.warehouse, order).values()
    assert (row.inserted, row.unchanged) == (2, 0)


def test_the_wait_for_a_gate_ends(site: Site, order: LoadOrder) -> None:
    assert site.local
    assert site.parts
    with psycopg.connect(site.local.dsn) as other:
        other.execute(f"lock table {gate(order.contract.target)} in access exclusive mode".encode())
        ended = DirectLoads(login(site).connect, site.parts, seconds=0.2).load(order)
    assert ended
    assert (ended.state, ended.retryable) == (StatementState.FAILED, True)
    assert not ledger_of(site.warehouse, order)
