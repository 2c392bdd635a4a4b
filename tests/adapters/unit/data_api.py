"""The adapter of the Data API over a script of answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.adapters.redshift_data import RedshiftData
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.ids import digest
from tests.adapters.unit.wire import Response, client, reply
from tests.adapters.warehouses import THING
from tests.support.load_orders import load_of_one
from tests.support.settings import SETTINGS


def warehouse(script: Any, **settings: str) -> RedshiftData:
    return RedshiftData(client("redshift-data", script), replace(SETTINGS, **settings))


def ended(status: str, **more: Any) -> Response:
    return reply(Id="s", Status=status, **more)


ORDER = load_of_one(
    contract=read_contract("t.toml", THING.format(name="t").encode()),
    columns=("id", "amount"),
    load_id=digest("load"),
    run_id=digest("run"),
    source_order="1",
    bucket="landing",
    key="incoming/t/it's :x.csv",
    rows_read=2,
    rows_good=2,
    rows_rejected=0,
    manifest="s3://landing/processed/manifest.json",
    iam_role="default",
)
