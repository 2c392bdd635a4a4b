"""The merge of the warehouse and the merge of the memory adapter do the same with the same loads, of one file or many.

And many files in one load leave what they would leave one by one, the newest first.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.memory import merge
from chalicelib.domain.run.model import LedgerRow
from chalicelib.domain.warehouse.load import LoadOrder
from tests.support.load_orders import changed, joined
from tests.support.redshift.house import House, Row, run_all

NUMBERS = itertools.count(1)
ROWS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([None, "x", "y"]),
        st.none(),
        st.sampled_from([None, "2026-01-01 00:00:00", "2026-02-01 00:00:00"]),
    ),
    max_size=4,
)
FILES = st.lists(st.tuples(st.integers(1, 4), ROWS), min_size=1, max_size=4)
"""Age and rows. Two files may be of one age."""
APART = st.lists(st.tuples(st.integers(1, 9), ROWS), min_size=2, max_size=5, unique_by=lambda file: file[0])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, by_column=st.booleans())
def test_both_merges_agree(migrated: str, files: list[tuple[int, list[Row]]], by_column: bool) -> None:
    house = House.build(migrated, name=f"agreement_{next(NUMBERS)}")
    house = house.ordered() if by_column else house
    held: merge.Target = {}
    for age, rows in files:
        order = house.order(rows, age=age)
        found = house.load(*rows, age=age, load_id=order.shares[0].load_id)
        mark = order.shares[0].mark
        assert [found] == merge.apply_scd1(
            order, held, order.shares, [staged(mark, n, row) for n, row in enumerate(rows)]
        )
    expected = sorted((*key, t.values["value"], t.source_order, t.load_id) for key, t in held.items())
    assert house.rows("id, value, _source_order, _load_id") == expected


def staged(mark: str, number: int, row: Row) -> merge.StagedRow:
    values: dict[str, Any] = dict(zip(("id", "value", "amount", "seen_at"), row, strict=True))
    return merge.StagedRow(mark=mark, offset=number * 10, values=values)


@dataclass(frozen=True, kw_only=True)
class Load:
    """One load of several files, and their rows."""

    order: LoadOrder
    rows: tuple[Sequence[Row], ...]


def load_of(house: House, files: Sequence[tuple[int, list[Row]]]) -> Load:
    orders = [house.order(rows, age=age) for age, rows in files]
    group = changed(joined(*orders), group_id=orders[0].group_id)
    return Load(order=group, rows=tuple(rows for _, rows in files))


def in_sql(house: House, load: Load) -> list[LedgerRow]:
    """The books of the files, in their order."""
    with psycopg.connect(house.dsn, prepare_threshold=None) as session:
        found = run_all(session, load.order, *load.rows)
    return [found[share.load_id] for share in load.order.shares]


def in_memory(load: Load, held: merge.Target) -> list[LedgerRow]:
    pairs = zip(load.order.shares, load.rows, strict=True)
    every = [staged(share.mark, n, row) for share, rows in pairs for n, row in enumerate(rows)]
    return merge.apply_scd1(load.order, held, load.order.shares, every)


SEEN = "id, value, cast(seen_at as varchar(19)), _source_order"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=FILES, together=FILES, by_column=st.booleans())
def test_both_merges_agree_about_every_file_of_a_group(
    migrated: str, before: list[tuple[int, list[Row]]], together: list[tuple[int, list[Row]]], by_column: bool
) -> None:
    house = House.build(migrated, name=f"agreement_{next(NUMBERS)}")
    house = house.ordered() if by_column else house
    held: merge.Target = {}
    for load in (load_of(house, before), load_of(house, together)):
        books = in_sql(house, load)
        assert books == in_memory(load, held)
        assert all(
            b.staged == b.duplicate + b.inserted + b.updated + b.unchanged + b.superseded == share.rows_good
            for b, share in zip(books, load.order.shares, strict=True)
        )
    expected = sorted((*key, t.values["value"], t.source_order, t.load_id) for key, t in held.items())
    assert house.rows("id, value, _source_order, _load_id") == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=APART.flatmap(st.permutations), at=st.integers(0, 4), by_column=st.booleans())
def test_a_group_leaves_what_its_files_leave_one_by_one(
    migrated: str, files: list[tuple[int, list[Row]]], at: int, by_column: bool
) -> None:
    """Some are loaded before, one by one in both houses; the rest here as a group, there singly."""
    grouped, singly = (House.build(migrated, name=f"agreement_{next(NUMBERS)}") for _ in range(2))
    grouped, singly = (house.ordered() if by_column else house for house in (grouped, singly))
    before, together = files[: at % len(files)], files[at % len(files) :]
    for house in (grouped, singly):
        for age, rows in before:
            house.load(*rows, age=age)
    books = dict(zip([age for age, _ in together], in_sql(grouped, load_of(grouped, together)), strict=True))
    alone = {age: singly.load(*rows, age=age) for age, rows in sorted(together, key=lambda f: f[0], reverse=True)}
    assert grouped.rows(SEEN) == singly.rows(SEEN)
    for age, row in alone.items():
        assert (books[age].staged, books[age].duplicate) == (row.staged, row.duplicate)
        if not by_column:  # with it, an older file may update what a newer one of the group has just inserted
            assert fates(books[age]) == fates(row)


def fates(row: LedgerRow) -> tuple[int, ...]:
    return row.inserted, row.updated, row.unchanged, row.superseded
