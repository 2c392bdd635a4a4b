"""What the warehouse tells of a COPY that refused rows: which part, line and column, and no value."""

from __future__ import annotations

from chalicelib.adapters.memory import MemoryWarehouse
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import Site
from tests.support.load_orders import ledger_of

LONG = "secret" * 20
PARTS = [b"0,a,1,,x\n10,b,1,,x\n", f"20,c,1,,x\n30,d,1,,{LONG}\n40,e,1,,x\n".encode()]


def test_a_refused_row_is_named_by_part_line_and_column(site: Site, contract: Contract) -> None:
    if isinstance(site.warehouse, MemoryWarehouse):
        site.warehouse.refuses.add(LONG)
    order = site.order(contract, PARTS, load="refused")
    ended = site.load(order)
    assert (ended.state, ended.retryable) == (StatementState.FAILED, False)
    assert "secret" not in ended.error
    assert ended.copy_id > 0
    faults = site.warehouse.copy_faults(ended.copy_id)
    part = next(entry["url"] for entry in site.manifests[order.manifest][1:])
    assert faults == [CopyFault(file=part, line=2, column="note", code=1204)]
    assert "secret" not in faults[0].reason
    assert ledger_of(site.warehouse, order) == {}


def test_another_failure_has_no_copy(site: Site, contract: Contract) -> None:
    order = site.order(contract, PARTS[:1], load="counted", rows_read=9, rows_good=9)
    ended = site.load(order)
    assert (ended.state, ended.copy_id) == (StatementState.FAILED, 0)


def test_a_loaded_copy_has_no_faults(site: Site, contract: Contract) -> None:
    assert site.load(site.order(contract, PARTS[:1], load="good")).copy_id == 0
