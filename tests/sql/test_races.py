"""Loads at the same time, each in a transaction at REPEATABLE READ: what Redshift calls SNAPSHOT isolation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from chalicelib.domain.ddl import target
from chalicelib.domain.sql import LoadOrder, render_load
from tests.sql.house import House, Row, fill, ready, run

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


def test_the_same_load_twice_at_once_is_loaded_once(house: House) -> None:
    rows = [(f"{n}", "x", None, None) for n in range(50)]
    for race in range(1, RACES + 1):
        order = house.order(rows, age=race, load=f"race {race}")
        one, other = together(loading(house, order, rows), loading(house, order, rows))
        assert one == other
        assert house.ask(f"select count(*), count(distinct id) from {target(house.contract)}") == [(50, 50)]
        assert len(house.ledger()) == race


def test_two_loads_of_one_object_at_once_are_merged_one_after_the_other(house: House) -> None:
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
