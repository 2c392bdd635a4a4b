"""Loads of contacts, end to end: submitted over the Data API, their outcome read from the ledger."""

from __future__ import annotations

import warnings
from typing import Any

from backports import zstd

from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.model import LedgerRow
from chalicelib.domain.warehouse.ledger import ledger_row
from chalicelib.domain.warehouse.load import LoadOrder, render_load
from local.redshift import LocalRedshift
from tests.support.load_orders import load_of_one
from tests.support.paths import ROOT
from tests.support.redshift.desk import Desk

CONTRACTS = load_contracts(ROOT / "chalicelib/contracts")


NAMES = ("contact_id", "updated_at", "queue_id", "channel", "direction", "started_at", "ended_at", "satisfaction")


COLUMNS = (*NAMES, "disposition")


def connect(redshift: LocalRedshift) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import redshift_connector
    return redshift_connector.connect(
        host=redshift.wire_host,
        port=redshift.wire_port,
        database=redshift.database,
        user=redshift.user,
        password=redshift.password,
        ssl=False,
    )


def order(desk: Desk, rows: list[str], *, age: int, load: str, **more: Any) -> LoadOrder:
    """Put the rows and their manifest where COPY finds them; each row has its mark and offset first."""
    lines = "".join(f"{digest(load)[:8]},{n * 100:013d},{row}\n" for n, row in enumerate(rows))
    part = f"bucket/processed/{digest(load)}/part-00001.csv.zst"
    desk.outside.put(part, zstd.compress(lines.encode(), 1))
    desk.outside.manifest(f"bucket/processed/{digest(load)}/manifest.json", part)
    known = {
        "contract": CONTRACTS["contact"],
        "columns": COLUMNS,
        "load_id": digest(load),
        "run_id": "run",
        "source_order": f"{age}#0",
        "bucket": "bucket",
        "key": "incoming/contact/it's :x ü.csv",
        "rows_read": len(rows),
        "rows_good": len(rows),
        "rows_rejected": 0,
        "manifest": f"s3://bucket/processed/{digest(load)}/manifest.json",
        "iam_role": "arn:aws:iam::123456789012:role/copy",
    }
    return load_of_one(**{**known, **more})


def submit(desk: Desk, load: LoadOrder) -> dict[str, Any]:
    batch = render_load(load)
    parameters = [{"name": name, "value": value} for name, value in batch.parameters.items()]
    return desk.run(*batch.statements, Parameters=parameters)


def outcome(desk: Desk, load: LoadOrder) -> LedgerRow:
    """What the batch's last statement gives."""
    found = submit(desk, load)
    assert found["Status"] == "FINISHED", found["Error"]
    (record,) = desk.result(found["SubStatements"][-1]["Id"])
    return ledger_row(record)
