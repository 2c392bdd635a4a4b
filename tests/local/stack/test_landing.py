"""The app hears of files in the folders of its contracts, as in AWS; also of contracts of one's own.

The bucket notifies it, or a rule of EventBridge calls it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.runs import DynamoRuns
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.adapters.memory import MemoryClock
from landfall.contracts import SHIPPED
from local.aws.clients import client
from local.options import Options
from local.record import Record
from local.stack import Stack
from tests.local.stack.conftest import ODD, REPO, wait


def contract(folder: Path, name: str, pattern: str) -> None:
    text = (SHIPPED / "orders.toml").read_text().replace('"orders"', f'"{name}"').replace(".orders", f".{name}")
    lines = [f'lands_at = ["{pattern}"]' if line.startswith("lands_at") else line for line in text.splitlines()]
    (folder / f"{name}.toml").write_text("\n".join(lines))


def arrived(record: Record, key: str) -> bool:
    """Whether a run of the version at the key has begun, by the object's contract."""
    table = TableClient(client("dynamodb", record.ports.url("aws"), record.credentials), record.names.table)
    runs = DynamoRuns(table, MemoryClock())
    newest = runs.newest(record.names.bucket, key)
    run = runs.get(newest.run_id) if newest else None
    return bool(run and run.object and run.source.version_id)


@pytest.mark.parametrize("by_rule", [False, True], ids=["notification", "rule"])
def test_a_file_below_any_contracts_folder_arrives(tmp_path: Path, by_rule: bool) -> None:
    """No sweep finds it: there is none within this time."""
    contract(tmp_path, "acme", "suppliers/acme/*")
    options = Options(contracts=str(tmp_path), api=False, warehouse=False, sweep_seconds=0, by_rule=by_rule)
    stack = Stack(REPO, tmp_path / "state", options=options)
    record = stack.up()
    try:
        s3: Any = client("s3", record.ports.url("aws"), record.credentials)
        for key in (ODD, "suppliers/acme/a.csv"):
            s3.put_object(Bucket=record.names.bucket, Key=key, Body=b"a\n1\n")
            wait(lambda key=key: arrived(record, key))  # type: ignore[misc]
        contract(tmp_path, "zeta", "daily/zeta/*")
        record = stack.restart()
        s3.put_object(Bucket=record.names.bucket, Key="daily/zeta/a.csv", Body=b"a\n1\n")
        wait(lambda: arrived(record, "daily/zeta/a.csv"))
    finally:
        stack.down()
