"""What the pipeline may count on when rejected rows come back corrected: each once, in the books of their own file."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.contract import Contract, Delivery
from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.load import LoadOrder
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import Site
from tests.support.load_orders import changed, ledger_of

AGE = 5


GOOD = b"0,a,1,,a\n90,z,1,,late\n"


def original(site: Site, contract: Contract, good: bytes = GOOD) -> LoadOrder:
    """A file that was loaded, but for three rows."""
    rows = good.count(b"\n")
    order = site.order(contract, [good], load="file", age=AGE, rows_read=rows + 3, rows_rejected=3)
    assert site.load(order).state is StatementState.FINISHED
    return order


def correction(site: Site, contract: Contract, of: LoadOrder, part: bytes, load: str, bad: int = 0) -> LoadOrder:
    order = site.order(contract, [part] if part else [], load=load, age=AGE)
    rows = order.shares[0].rows_good
    return changed(order, corrects=of.shares[0].load_id, rows_read=rows + bad, rows_rejected=bad)


def own(site: Site, order: LoadOrder) -> LedgerRow:
    return ledger_of(site.warehouse, order)[order.shares[0].load_id]


def fates(row: LedgerRow) -> tuple[int, ...]:
    assert row.staged == row.duplicate + row.inserted + row.updated + row.unchanged + row.superseded
    return row.staged, row.duplicate, row.inserted, row.updated, row.unchanged, row.superseded, row.corrected


def books(site: Site, order: LoadOrder) -> tuple[int, ...]:
    row = site.warehouse.books(order.shares[0].load_id)
    assert row
    return fates(row)


def notes(site: Site, contract: Contract) -> list[tuple[str, str]]:
    return [(str(r[0]), str(r[3])) for r in site.rows(contract)]


def test_books_without_corrections_are_those_of_the_ledger_row(site: Site, contract: Contract) -> None:
    assert site.warehouse.books("0" * 32) is None
    of = original(site, contract)
    assert site.warehouse.books(of.shares[0].load_id) == own(site, of)


def test_corrected_rows_are_merged_and_counted_in_the_books(site: Site, contract: Contract) -> None:
    of = original(site, contract)
    first = correction(site, contract, of, b"30,b,2,,corrected\n40,b,3,,later\n", "first", bad=1)
    assert site.load(first).state is StatementState.FINISHED
    assert fates(own(site, first)) == (2, 1, 1, 0, 0, 0, 0)
    assert books(site, of) == (4, 1, 3, 0, 0, 0, 2)
    assert notes(site, contract) == [("a", "a"), ("b", "later"), ("z", "late")]


def test_a_row_is_corrected_once_whatever_is_sent_later(site: Site, contract: Contract) -> None:
    of = original(site, contract)
    site.load(correction(site, contract, of, b"30,b,2,,corrected\n", "first"))
    again = correction(site, contract, of, b"30,b,9,,other\n60,c,1,,new\n", "again")
    assert site.load(again).state is StatementState.FINISHED
    assert fates(own(site, again)) == (2, 1, 1, 0, 0, 0, 0)
    assert books(site, of) == (4, 0, 4, 0, 0, 0, 2)
    only = correction(site, contract, of, b"30,b,9,,other\n60,c,9,,other\n", "only")
    site.load(only)
    assert fates(own(site, only)) == (2, 2, 0, 0, 0, 0, 0)
    assert books(site, of) == (4, 0, 4, 0, 0, 0, 2)
    assert notes(site, contract) == [("a", "a"), ("b", "corrected"), ("c", "new"), ("z", "late")]


def test_a_corrected_row_is_as_old_as_its_file(site: Site, contract: Contract) -> None:
    of = original(site, contract)
    site.load(site.order(contract, [b"0,new,1,,newer\n"], load="newer", age=AGE + 1))
    site.load(site.order(contract, [b"500,old,1,,older\n"], load="older", age=AGE - 1))
    fix = correction(site, contract, of, b"30,new,2,,corrected\n40,old,2,,corrected\n50,z,2,,corrected\n", "fix")
    site.load(fix)
    assert fates(own(site, fix)) == (3, 0, 0, 1, 0, 2, 0)
    assert books(site, of) == (5, 0, 2, 1, 0, 2, 3)
    assert notes(site, contract) == [("a", "a"), ("new", "newer"), ("old", "corrected"), ("z", "late")]


def test_ties_of_the_order_column_go_to_the_later_row(site: Site, contract: Contract) -> None:
    contract = replace(contract, order_by="seen_on")
    of = original(site, contract, good=b"10,x,1,2026-01-01,file\n90,z,1,2026-01-01,file\n")
    fix = correction(site, contract, of, b"30,x,1,2026-01-01,corrected\n40,z,1,2026-01-01,corrected\n", "fix")
    site.load(fix)
    assert fates(own(site, fix)) == (2, 0, 0, 1, 0, 1, 0)
    assert notes(site, contract) == [("x", "corrected"), ("z", "file")]


def test_a_correction_of_only_bad_rows_changes_nothing(site: Site, contract: Contract) -> None:
    of = original(site, contract)
    assert site.load(correction(site, contract, of, b"", "none", bad=2)).state is StatementState.FINISHED
    assert books(site, of) == fates(own(site, of))


def test_a_correction_of_an_outdated_snapshot_changes_nothing(site: Site, contract: Contract) -> None:
    contract = replace(contract, delivery=Delivery.SNAPSHOT)
    of = original(site, contract)
    fix = correction(site, contract, of, b"30,b,2,,corrected\n", "fix")
    site.load(fix)
    assert own(site, fix).outcome is Outcome.LOADED
    site.load(site.order(contract, [b"0,a,1,,newer\n"], load="newer", age=AGE + 1))
    late = correction(site, contract, of, b"30,b,2,,again\n40,c,2,,corrected\n", "late")
    site.load(late)
    assert own(site, late).outcome is Outcome.SUPERSEDED
    assert fates(own(site, late)) == (2, 1, 0, 0, 0, 1, 0)
    assert books(site, of) == (3, 0, 3, 0, 0, 0, 1)


def test_a_failed_correction_leaves_nothing(site: Site, contract: Contract) -> None:
    of = original(site, contract)
    fix = correction(site, contract, of, b"30,b,2,,corrected\n", "fix")
    assert site.load(changed(fix, rows_good=2, rows_read=2)).state is StatementState.FAILED
    assert books(site, of) == fates(own(site, of))
    assert site.load(fix, attempt=2).state is StatementState.FINISHED
    assert books(site, of)[-1] == 1


def test_a_correction_requested_twice_is_one_load(site: Site, contract: Contract) -> None:
    of = original(site, contract)
    fix = correction(site, contract, of, b"30,b,2,,corrected\n", "fix")
    site.load(fix)
    row = own(site, fix)
    assert site.load(fix, attempt=2).state is StatementState.FINISHED
    assert own(site, fix) == row
    assert books(site, of)[-1] == 1


def test_corrections_are_not_loaded_together(site: Site, contract: Contract) -> None:
    of = original(site, contract)
    fixes = [correction(site, contract, of, b"%d,b,2,,x\n" % at, f"fix {at}") for at in (30, 40)]
    ended = site.load(site.group(*fixes))
    assert ended.state is StatementState.FAILED
    assert "BAD_LOAD_ORDER" in ended.error
    assert books(site, of)[-1] == 0
