"""What the pipeline may count on when files are loaded together: books of their own, and all of them or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import Contract, Delivery, DuplicateKeys
from chalicelib.domain.run.model import LedgerRow
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import Site
from tests.support.load_orders import changed, joined, ledger_of

FINISHED, FAILED = StatementState.FINISHED, StatementState.FAILED


def rows(site: Site, *orders: LoadOrder) -> list[LedgerRow]:
    found = ledger_of(site.warehouse, *orders)
    return [found[order.shares[0].load_id] for order in orders]


def books(row: LedgerRow) -> tuple[int, ...]:
    return row.staged, row.duplicate, row.inserted, row.updated, row.unchanged, row.superseded


def ids(site: Site, contract: Contract) -> list[tuple[str, str]]:
    return [(str(r[0]), str(r[3])) for r in site.rows(contract)]


def test_each_file_has_books_of_its_own(site: Site, contract: Contract) -> None:
    site.load(site.order(contract, [b"0,a,1,,old\n5,s,1,,same\n"], load="before", age=1))
    one = site.order(contract, [b"0,a,1,,new\n9,b,1,,x\n", b"20,b,1,,y\n"], load="one", age=2)
    two = site.order(contract, [b"0,c,1,,x\n9,s,1,,same\n"], load="two", age=3)
    none = changed(site.order(contract, [], load="none", age=4), rows_read=3, rows_rejected=3)
    assert site.load(site.group(one, two, none)).state is FINISHED
    assert [books(row) for row in rows(site, one, two, none)] == [
        (3, 1, 1, 1, 0, 0),
        (2, 0, 1, 0, 1, 0),
        (0, 0, 0, 0, 0, 0),
    ]
    assert ids(site, contract) == [("a", "new"), ("b", "y"), ("c", "x"), ("s", "same")]


def test_of_rows_with_one_key_the_newest_files_wins(site: Site, contract: Contract) -> None:
    old = site.order(contract, [b"0,a,1,,old\n9,only,1,,old\n"], load="old", age=1)
    new = site.order(contract, [b"0,a,1,,new\n"], load="new", age=2)
    site.load(site.group(new, old))
    assert [books(row) for row in rows(site, old, new)] == [(2, 0, 1, 0, 0, 1), (1, 0, 1, 0, 0, 0)]
    assert ids(site, contract) == [("a", "new"), ("only", "old")]


def test_the_order_column_goes_before_the_files_age(site: Site, contract: Contract) -> None:
    contract = replace(contract, order_by="seen_on")
    old = site.order(contract, [b"0,a,1,2026-02-01,old\n9,a,1,2026-01-01,older\n"], load="old", age=1)
    new = site.order(contract, [b"0,a,1,2026-01-15,new\n"], load="new", age=2)
    site.load(site.group(old, new))
    assert [books(row) for row in rows(site, old, new)] == [(2, 1, 1, 0, 0, 0), (1, 0, 0, 0, 0, 1)]
    assert ids(site, contract) == [("a", "old")]


@pytest.mark.parametrize("newest_first", [True, False])
def test_order_ties_go_to_the_newer_file_and_null_is_oldest(site: Site, contract: Contract, newest_first: bool) -> None:
    contract = replace(contract, order_by="seen_on")
    old = site.order(contract, [b"0,a,1,2026-02-01,old\n9,b,1,2026-02-01,old\n20,c,1,,old\n"], load="old", age=1)
    new = site.order(contract, [b"0,a,1,2026-02-01,new\n9,b,1,,new\n20,c,1,,new\n"], load="new", age=2)
    site.load(site.group(*((new, old) if newest_first else (old, new))))
    assert [books(row) for row in rows(site, old, new)] == [(3, 0, 1, 0, 0, 2), (3, 0, 2, 0, 0, 1)]
    assert ids(site, contract) == [("a", "new"), ("b", "old"), ("c", "new")]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_winner_among_files_of_one_age_is_always_the_same(site: Site, contract: Contract, turn: int) -> None:
    """Such are two that were found by listing and share a second: the files decide, not the order of the load."""
    made = {name: site.order(contract, [b"0,a,1,,%s\n" % name], load=str(name), age=7) for name in (b"x", b"y", b"z")}
    site.load(site.group(*list(made.values())[::turn]))
    expected = max(made, key=lambda name: made[name].shares[0].mark)
    assert ids(site, contract) == [("a", expected.decode())]
    assert {name: row.inserted for name, row in zip(made, rows(site, *made.values()), strict=True)} == {
        name: int(name == expected) for name in made
    }


def test_what_is_in_the_ledger_already_changes_nothing(site: Site, contract: Contract) -> None:
    first = site.order(contract, [b"0,a,1,,x\n"], load="first", age=5)
    site.load(first)
    before = rows(site, first)
    other = site.order(contract, [b"0,a,1,,older\n9,b,1,,x\n"], load="other", age=4)
    assert site.load(site.group(first, other)).state is FINISHED
    assert rows(site, first) == before
    assert books(rows(site, other)[0]) == (2, 0, 1, 0, 0, 1)
    assert ids(site, contract) == [("a", "x"), ("b", "x")]
    assert site.load(site.group(first, other), attempt=2).state is FINISHED
    assert books(rows(site, other)[0]) == (2, 0, 1, 0, 0, 1)


@pytest.mark.parametrize("sick", ["key twice", "books", "mark"])
def test_one_sick_file_fails_them_all(site: Site, contract: Contract, sick: str) -> None:
    contract = replace(contract, duplicate_keys=DuplicateKeys.FAIL)
    sound = site.order(contract, [b"0,a,1,,x\n"], load="sound")
    other = site.order(contract, [b"0,a,1,,x\n9,a,1,,y\n" if sick == "key twice" else b"0,a,1,,x\n"], load="sick")
    if sick == "books":  # as many rows in all as were promised, but of other files
        sound, other = changed(sound, rows_good=2, rows_read=2), changed(other, rows_good=0, rows_read=0)
    group = site.group(sound, other)
    if sick == "mark":
        unknown = changed(other, load_id="f" * 32)
        group = joined(sound, unknown, group_id=group.group_id, manifest=group.manifest)
    ended = site.load(group)
    assert (ended.state, ended.retryable) == (FAILED, False)
    assert ("DUPLICATE_KEYS: 1 rows repeat a key, the first at byte 9" in ended.error) is (sick == "key twice")
    assert ledger_of(site.warehouse, sound, other) == {}
    assert site.rows(contract) == []


def test_keys_of_different_files_are_no_repeats(site: Site, contract: Contract) -> None:
    contract = replace(contract, duplicate_keys=DuplicateKeys.FAIL)
    orders = [site.order(contract, [b"0,a,1,,x\n"], load=name, age=n) for n, name in enumerate("ab")]
    assert site.load(site.group(*orders)).state is FINISHED


def test_snapshots_are_not_loaded_together(site: Site, contract: Contract) -> None:
    contract = replace(contract, delivery=Delivery.SNAPSHOT)
    ended = site.load(site.group(*(site.order(contract, [b"0,a,1,,x\n"], load=name) for name in "ab")))
    assert ended.state is FAILED
    assert "BAD_LOAD_ORDER" in ended.error


def test_many_files_are_one_load(site: Site, contract: Contract) -> None:
    orders = [site.order(contract, [b"0,%d,1,,x\n" % n], load=f"{n}", age=n) for n in range(150)]
    assert site.load(site.group(*orders)).state is FINISHED
    assert {books(row) for row in rows(site, *orders)} == {(1, 0, 1, 0, 0, 0)}
    assert len(site.rows(contract)) == 150
