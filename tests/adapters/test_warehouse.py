"""What the pipeline may count on from any warehouse: a load is all or nothing, once, and newest wins."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, Delivery, DuplicateKeys, Load
from chalicelib.domain.run.duplicate_keys import RepeatedKeys
from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import UNKNOWN, Site
from tests.support.load_orders import changed, ledger_of

_names = (f"u{number}" for number in itertools.count(1))
FINISHED, FAILED = StatementState.FINISHED, StatementState.FAILED
ROWS = b"0,a,1.50,2026-01-01,first\n30,b,,,\n"


def the_row(site: Site, order: LoadOrder) -> LedgerRow:
    row = ledger_of(site.warehouse, order).get(order.shares[0].load_id)
    assert row
    return row


def test_a_load_is_in_the_ledger_when_it_is_finished(site: Site, contract: Contract) -> None:
    order = site.order(contract, [ROWS, b"60,c,7,2026-01-02,x\n"], load="one")
    assert ledger_of(site.warehouse, order) == {}
    ended = site.load(order)
    assert (ended.state, ended.error) == (FINISHED, "")
    assert the_row(site, order) == LedgerRow(
        load_id=order.shares[0].load_id,
        outcome=Outcome.LOADED,
        staged=3,
        duplicate=0,
        inserted=3,
        updated=0,
        unchanged=0,
        superseded=0,
    )
    assert [r[0] for r in site.rows(contract)] == ["a", "b", "c"]
    assert site.rows(contract)[1] == ("b", None, None, "none")


def test_the_ledger_is_read_for_one_object_from_a_time_on(site: Site, contract: Contract) -> None:
    order = site.order(contract, [ROWS], load="one")
    site.load(order)
    ids = [order.shares[0].load_id]
    assert set(site.warehouse.ledger(contract.name, ids, 0.0)) == set(ids)
    assert site.warehouse.ledger("another", ids, 0.0) == {}
    assert site.warehouse.ledger(contract.name, ids, 4e9) == {}


def test_a_file_may_have_other_columns_in_another_order(site: Site, contract: Contract) -> None:
    order = site.order(contract, [b"0,2026-01-01,a\n"], load="one", columns=("seen_on", "id"))
    assert site.load(order).state is FINISHED
    assert site.rows(contract) == [("a", None, "2026-01-01", "none")]


def copies_only(site: Site) -> None:
    """The worker of a direct load waits for its end: nobody asks for it with the same token, and nobody cancels it."""
    if site.way is not Load.COPY:
        pytest.skip("of a COPY")


def test_the_same_token_is_the_same_statement(site: Site, contract: Contract) -> None:
    copies_only(site)
    order = site.order(contract, [ROWS], load="one")
    ask = lambda token: site.warehouse.submit(order, token=token, name=order.shares[0].run_id).statement_id  # noqa: E731
    first = ask("token-1")
    assert ask("token-1") == first
    other = ask("token-2")
    assert other != first
    assert (site.settle(first).state, site.settle(other).state) == (FINISHED, FINISHED)
    assert the_row(site, order).inserted == 2


def test_a_load_requested_again_changes_nothing(site: Site, contract: Contract) -> None:
    old, new = site.order(contract, [ROWS], load="one"), site.order(contract, [b"0,a,2,,x\n"], load="two", age=2)
    site.load(old)
    row = the_row(site, old)
    site.load(new)
    seen = site.rows(contract)
    assert site.load(old, attempt=2).state is FINISHED
    assert the_row(site, old) == row
    assert site.rows(contract) == seen


def test_a_file_without_a_good_row_is_booked(site: Site, contract: Contract) -> None:
    order = site.order(contract, [], load="none", rows_read=2, rows_rejected=2)
    assert site.load(order).state is FINISHED
    assert the_row(site, order).staged == 0
    assert site.rows(contract) == []


@pytest.mark.parametrize("fault", ["part", "manifest", "count", "value"])
def test_a_load_that_fails_leaves_nothing(site: Site, contract: Contract, fault: str) -> None:
    site.load(site.order(contract, [b"0,z,1,,x\n"], load="before"))
    part = b"0,a,SECRET,,x\n" if fault == "value" else ROWS
    order = site.order(contract, [part], load=fault)
    if fault in ("part", "manifest"):
        order = replace(order, manifest=order.manifest.replace("manifest", "another"))
    if fault == "part":
        entries = {"entries": [{"url": "s3://landing/processed/nowhere.csv.zst", "mandatory": True}]}
        site.put(order.manifest.removeprefix("s3://landing/"), json.dumps(entries).encode())
    if fault == "count":
        order = changed(order, rows_read=3, rows_good=3)
    ended = site.load(order)
    assert (ended.state, ended.retryable) == (FAILED, False)
    assert ended.error
    assert "SECRET" not in ended.error
    assert ledger_of(site.warehouse, order) == {}
    assert [r[0] for r in site.rows(contract)] == ["z"]


@pytest.mark.parametrize(("precision", "scale", "state"), [(10, 2, FINISHED), (9, 1, FINISHED), (12, 4, FAILED)])
def test_a_contract_ahead_of_its_table_is_refused(
    site: Site, contract: Contract, precision: int, scale: int, state: StatementState
) -> None:
    type_ = ColumnType(kind=TypeName.DECIMAL, precision=precision, scale=scale)
    columns = tuple(replace(c, type=type_) if c.name == "amount" else c for c in contract.columns)
    order = site.order(replace(contract, columns=columns), [b"0,a,1.5,,x\n"], load="ahead")
    ended = site.load(order)
    assert (ended.state, ended.retryable) == (state, False)
    assert ("CONTRACT_AHEAD: 1 columns of " in ended.error) is (state is FAILED)
    assert ("(amount is numeric(10,2))" in ended.error) is (state is FAILED)
    assert len(site.rows(contract)) == (state is FINISHED)


def test_an_unknown_statement_is_gone(site: Site) -> None:
    assert site.warehouse.describe(UNKNOWN).state is StatementState.GONE
    site.warehouse.cancel(UNKNOWN)


def test_cancelling_what_is_over_changes_nothing(site: Site, contract: Contract) -> None:
    order = site.order(contract, [ROWS], load="one")
    ended = site.load(order)
    before = site.warehouse.describe(ended.statement_id)
    site.warehouse.cancel(ended.statement_id)
    assert site.warehouse.describe(ended.statement_id) == before
    assert before.state is (FINISHED if site.way is Load.COPY else StatementState.GONE)
    assert the_row(site, order).inserted == 2


def test_a_cancelled_load_may_be_tried_again(site: Site, contract: Contract) -> None:
    copies_only(site)
    order = site.order(contract, [ROWS], load="one")
    release = site.hold(order.manifest.removeprefix("s3://landing/"))
    statement = site.warehouse.submit(order, token="first", name=order.shares[0].run_id).statement_id
    assert site.warehouse.describe(statement).state is StatementState.RUNNING
    site.warehouse.cancel(statement)
    release()
    ended = site.settle(statement)
    assert (ended.state, ended.retryable) == (FAILED, True)
    assert ledger_of(site.warehouse, order) == {}
    assert site.load(order, attempt=2).state is FINISHED


def test_a_late_snapshot_is_superseded(site: Site, contract: Contract) -> None:
    snapshot = replace(contract, delivery=Delivery.SNAPSHOT)
    new, old = (site.order(snapshot, [ROWS], load="new", age=2), site.order(snapshot, [ROWS], load="old", age=1))
    site.load(new)
    seen = site.rows(contract)
    assert site.load(old).state is FINISHED
    row = the_row(site, old)
    assert (row.outcome, row.staged, row.superseded) == (Outcome.SUPERSEDED, 2, 2)
    assert site.rows(contract) == seen


# ---- keys that come twice in a file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("delivery", Delivery)
@pytest.mark.parametrize(
    "parts", [[b"0,z,1,,x\n10,a,1,,x\n20,a,2,,y\n30,a,3,,z\n"], [b"10,a,1,,x\n", b"20,a,2,,y\n30,a,3,,z\n"]]
)
def test_a_key_twice_fails_the_load_if_the_contract_forbids_it(
    site: Site, contract: Contract, delivery: Delivery, parts: list[bytes]
) -> None:
    strict = replace(contract, delivery=delivery, duplicate_keys=DuplicateKeys.FAIL)
    site.load(site.order(strict, [b"0,z,1,,x\n"], load="before"))
    order = site.order(strict, parts, load="twice", age=2)
    ended = site.load(order)
    assert (ended.state, ended.retryable) == (FAILED, False)
    assert RepeatedKeys.read(ended.error) == RepeatedKeys(rows=2, first=20, key=("id",))
    assert ledger_of(site.warehouse, order) == {}
    assert [(r[0], r[3]) for r in site.rows(contract)] == [("z", "x")]


def test_a_late_snapshot_with_a_key_twice_fails_too(site: Site, contract: Contract) -> None:
    strict = replace(contract, delivery=Delivery.SNAPSHOT, duplicate_keys=DuplicateKeys.FAIL)
    assert site.load(site.order(strict, [ROWS], load="new", age=2)).state is FINISHED
    late = site.load(site.order(strict, [b"0,a,1,,x\n1022,a,2,,y\n1023,a,3,,y\n"], load="old", age=1))
    assert RepeatedKeys.read(late.error) == RepeatedKeys(rows=2, first=1022, key=("id",))


def test_what_an_error_counts_is_no_number_of_an_error(site: Site, contract: Contract) -> None:
    order = site.order(replace(contract, duplicate_keys=DuplicateKeys.FAIL), [b"0,a,1,,x\n1023,a,2,,y\n"], load="1023")
    ended = site.load(order)
    assert (ended.state, ended.retryable) == (FAILED, False)  # 1023 is Redshift's number of what may pass


def test_keys_that_come_once_are_loaded_where_they_must(site: Site, contract: Contract) -> None:
    order = site.order(replace(contract, duplicate_keys=DuplicateKeys.FAIL), [ROWS], load="once")
    assert site.load(order).state is FINISHED
    assert the_row(site, order).inserted == 2


# ---- newest wins ----------------------------------------------------------------------------------------------------


def tallies(site: Site, contract: Contract, *files: tuple[int, str]) -> list[dict[str, int]]:
    """What became of the rows of files, given as (age, rows), loaded in this order; without the zeros."""
    found = []
    for number, (age, rows) in enumerate(files):
        body = "".join(f"{at},{row}\n" for at, row in enumerate(rows.split())).encode()
        order = site.order(contract, [body], load=f"file {number}", age=age)
        assert site.load(order).state is FINISHED
        row = the_row(site, order)
        names = ("duplicate", "inserted", "updated", "unchanged", "superseded")
        found.append({name: getattr(row, name) for name in names if getattr(row, name)})
    return found


def test_a_later_file_updates_and_a_late_one_does_not(site: Site, contract: Contract) -> None:
    found = tallies(site, contract, (2, "a,2,,new"), (1, "a,1,,old b,1,,only-here"), (3, "a,3,,newest"))
    assert found == [{"inserted": 1}, {"inserted": 1, "superseded": 1}, {"updated": 1}]
    assert [(r[0], r[3]) for r in site.rows(contract)] == [("a", "newest"), ("b", "only-here")]


def test_what_a_newer_file_confirmed_is_as_new_as_that_file(site: Site, contract: Contract) -> None:
    found = tallies(site, contract, (1, "a,1,,x"), (3, "a,1,,x"), (2, "a,1,,y"))
    assert found == [{"inserted": 1}, {"unchanged": 1}, {"superseded": 1}]
    assert site.rows(contract)[0][3] == "x"


def test_rows_of_one_file_collapse_to_the_last(site: Site, contract: Contract) -> None:
    assert tallies(site, contract, (1, "a,1,,1 b,1,,1 a,2,,2 a,3,,3")) == [{"duplicate": 2, "inserted": 2}]
    assert [r[3] for r in site.rows(contract)] == ["3", "1"]


def test_the_order_column_beats_the_age_of_the_file(site: Site, contract: Contract) -> None:
    found = tallies(
        site,
        replace(contract, order_by="seen_on"),
        (2, "a,,2026-03-01,march b,,2026-03-01,march a,,2026-02-01,february c,,,undated"),
        (1, "a,,2026-04-01,april b,,2026-03-01,tie c,,2026-01-01,dated"),
        (3, "a,,2026-01-01,old b,,2026-03-01,tie c,,,undated"),
    )
    assert found == [
        {"duplicate": 1, "inserted": 3},
        {"updated": 2, "superseded": 1},
        {"updated": 1, "superseded": 2},
    ]
    assert [r[3] for r in site.rows(contract)] == ["april", "tie", "dated"]
