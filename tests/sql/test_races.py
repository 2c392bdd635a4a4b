"""Loads at the same time, each in a transaction at REPEATABLE READ: what Redshift calls SNAPSHOT isolation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from chalicelib.domain.run.ids import digest
from chalicelib.domain.warehouse.ddl import target
from chalicelib.domain.warehouse.ledger import render_fence
from chalicelib.domain.warehouse.load import LoadOrder, render_load
from tests.support.load_orders import changed, joined
from tests.support.redshift.house import House, Row, fill, ledger, ready, run, run_all

RACES = 10
PATIENCE = 20


def together(*acts: Callable[[threading.Barrier], Any]) -> list[Any]:
    """Run the acts in threads of their own; each may wait for the others."""
    barrier = threading.Barrier(len(acts), timeout=PATIENCE)
    with ThreadPoolExecutor(len(acts)) as threads:
        return [f.result(PATIENCE) for f in [threads.submit(act, barrier) for act in acts]]


def loading(house: House, order: LoadOrder, rows: list[Row]) -> Callable[[threading.Barrier], Any]:
    def act(barrier: threading.Barrier) -> Any:
        with psycopg.connect(house.dsn, prepare_threshold=None) as session:
            barrier.wait()
            return run(session, order, rows)

    return act


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Files of one object, by age; each has a key of its own and one that all have."""

    house: House
    orders: dict[int, LoadOrder]
    rows: dict[int, list[Row]]

    @classmethod
    def of(cls, house: House, ages: Sequence[int], tag: str) -> Crowd:
        rows: dict[int, list[Row]] = {
            age: [(f"{tag} own {age}", f"{age}", None, None), (f"{tag} all", f"{age}", None, None)] for age in ages
        }
        orders = {age: house.order(rows[age], age=age, load=f"{tag} {age}") for age in ages}
        return cls(house=house, orders=orders, rows=rows)

    def loading(self, *ages: int) -> Callable[[threading.Barrier], Any]:
        """One load of the files of these ages."""
        named = digest(self.house.contract.name, *(self.orders[age].group_id for age in ages))
        group = changed(joined(*(self.orders[age] for age in ages)), group_id=named)

        def act(barrier: threading.Barrier) -> Any:
            with psycopg.connect(self.house.dsn, prepare_threshold=None) as session:
                barrier.wait()
                return run_all(session, group, *(self.rows[age] for age in ages))

        return act

    def found(self, tag: str) -> list[Row]:
        where = f"from {target(self.house.contract)} where id like '{tag} %' order by id"
        return self.house.ask(f"select id, value {where}")

    def expected(self, tag: str) -> list[Row]:
        newest = max(self.orders)
        return [(f"{tag} all", f"{newest}"), *((f"{tag} own {age}", f"{age}") for age in sorted(self.orders))]

    def books(self) -> list[Row]:
        """Of all files together: how often each is in the ledger, and its rows staged less those accounted for."""
        ids = ", ".join(f"'{order.shares[0].load_id}'" for order in self.orders.values())
        return self.house.ask(
            "select count(*), count(distinct load_id), sum(staged - duplicates - inserted - updated - unchanged"
            f" - superseded)::int from etl.ledger where load_id in ({ids})"
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param((2, 1, 3), (2, 1, 3), id="the same group twice"),
        pytest.param((1, 2, 3), (3, 1, 2), id="the same files in another order"),
        pytest.param((1, 3, 5), (2, 4, 6), id="groups of other files"),
        pytest.param((1, 2, 3), (2, 3, 4), id="groups that share files, after one was cut anew"),
        pytest.param((1, 2, 3, 4), (3,), id="a group and one of its files"),
        pytest.param((5, 6), (1, 2), id="a late group"),
    ],
)
def test_groups_at_once_load_every_file_once_and_the_newest_wins(
    house: House, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    for race in range(RACES // 2):
        crowd = Crowd.of(house, sorted({*one, *other}), tag=f"{race}")
        together(crowd.loading(*one), crowd.loading(*other))
        assert crowd.found(f"{race}") == crowd.expected(f"{race}")
        assert crowd.books() == [(len(crowd.orders), len(crowd.orders), 0)]


def test_three_groups_of_one_key_at_once(house: House) -> None:
    """The same file in all, as a retry, a doubled message and a group that was cut anew would have it."""
    for race in range(RACES // 2):
        crowd = Crowd.of(house, range(1, 8), tag=f"{race}")
        together(crowd.loading(1, 4, 7), crowd.loading(4, 2, 5), crowd.loading(6, 3, 4))
        assert crowd.found(f"{race}") == crowd.expected(f"{race}")
        assert crowd.books() == [(7, 7, 0)]


def test_the_same_load_twice_at_once_is_loaded_once(house: House) -> None:
    rows = [(f"{n}", "x", None, None) for n in range(50)]
    for race in range(1, RACES + 1):
        order = house.order(rows, age=race, load=f"race {race}")
        one, other = together(loading(house, order, rows), loading(house, order, rows))
        assert one == other
        assert house.ask(f"select count(*), count(distinct id) from {target(house.contract)}") == [(50, 50)]
        assert len(house.ledger()) == race


def test_what_a_fence_does_not_find_in_the_ledger_never_comes(house: House) -> None:
    """A stray statement runs while its group is fenced: it is in by the time the fence is there, or not at all."""
    rows: list[Row] = [(f"{n}", "x", None, None) for n in range(50)]
    seen = set()
    for race in range(1, RACES + 1):
        order = house.order(rows, age=race, load=f"stray {race}")
        early = bool(race % 2)  # else it is not predictable who is first

        def fencing(barrier: threading.Barrier, order: LoadOrder = order, early: bool = early) -> list[Row]:
            with psycopg.connect(house.dsn, prepare_threshold=None) as session:
                if not early:
                    barrier.wait()
                fence = render_fence(house.contract.target, order.group_id)
                for statement in fence.statements:
                    session.execute(ready(statement, fence.parameters))
                session.commit()
            found = ledger(house.dsn, order)
            if early:
                barrier.wait()
            return found

        def stray(barrier: threading.Barrier, order: LoadOrder = order) -> list[Row]:
            with psycopg.connect(house.dsn, prepare_threshold=None) as session:
                barrier.wait()
                run_all(session, order, rows)
            return ledger(house.dsn, order)

        at_the_fence, in_the_end = together(fencing, stray)
        assert at_the_fence == in_the_end
        seen.add(len(in_the_end))
    assert 0 in seen


def test_two_loads_of_one_object_are_merged_in_turn(house: House) -> None:
    for race in range(RACES):
        rows = [(f"{race}-{n}", "x", None, None) for n in range(50)]
        orders = [house.order(rows, age=age) for age in (2 * race, 2 * race + 1)]
        together(*(loading(house, order, rows) for order in orders))
        assert house.ask(
            f"select count(*), count(distinct id), count(distinct _source_order) from {target(house.contract)}"
            f" where id like '{race}-%'"
        ) == [(50, 50, 1)]


def test_without_the_lock_the_same_load_is_in_twice(house: House) -> None:
    """The control: were the gate not there, the races above would be lost, and these tests would see it."""
    rows: list[Row] = [("a", "x", None, None)]
    order = house.order(rows, age=1)

    def act(barrier: threading.Barrier) -> None:
        batch = render_load(order)
        with psycopg.connect(house.dsn, prepare_threshold=None) as session:
            for statement in batch.statements[1:]:
                if statement.startswith("COPY"):
                    fill(session, order, rows)
                else:
                    session.execute(ready(statement, batch.parameters))
            barrier.wait()

    together(act, act)
    assert len(house.rows()) == 2
    assert len(house.ledger()) == 2


def test_a_read_before_the_lock_would_undo_it(house: House) -> None:
    """The control: the lock must be the first statement, for the first read fixes what a transaction sees."""
    rows: list[Row] = [("a", "x", None, None)]
    order = house.order(rows, age=1)

    def act(barrier: threading.Barrier) -> None:
        with psycopg.connect(house.dsn, prepare_threshold=None) as session:
            session.execute("select count(*) from etl.ledger")
            barrier.wait()
            run(session, order, rows)

    together(act, act)
    assert len(house.rows()) == 2


def test_readers_are_not_blocked_and_see_all_or_nothing(house: House) -> None:
    house.load(("a", "old", None, None), age=1)
    rows: list[Row] = [("a", "new", None, None), ("b", "new", None, None)]
    with psycopg.connect(house.dsn, prepare_threshold=None) as session:
        run(session, house.order(rows, age=2), rows)
        with psycopg.connect(house.dsn, options="-c statement_timeout=5000") as reader:
            assert reader.execute(f"select id, value from {target(house.contract)}".encode()).fetchall() == [
                ("a", "old")
            ]
    assert house.rows() == [("a", "new"), ("b", "new")]


def test_loads_of_different_objects_do_not_wait_for_each_other(house: House) -> None:
    other = House.build(house.dsn, name=house.contract.name[:-1] + "_")
    rows: list[Row] = [("a", "x", None, None)]
    with psycopg.connect(house.dsn, prepare_threshold=None) as session:
        run(session, house.order(rows, age=1), rows)
        assert other.load(*rows, age=1).inserted == 1
    assert len(house.rows()) == 1
