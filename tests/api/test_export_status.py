"""GET /status of a run whose object has an export."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.memory import Fate
from landfall.remote.runs import lines_of
from tests.support.api import GOOD, Api
from tests.support.settings import BUCKET
from tests.support.simulated.exports import exporting
from tests.support.wired import Wired

KEY = "incoming/thing/a.csv"
FILE = f"s3://{BUCKET}/dashboard_data/thing_latest.csv"


@pytest.fixture
def exported(api: Api) -> Api:
    api.deployment.deploy(exporting(api.deployment.pipeline.ctx.contracts))
    bootstrap.use(replace(cast(Wired, bootstrap.wired()), pipeline=api.deployment.pipeline))
    return api


def test_an_object_without_an_export(api: Api) -> None:
    api.land(KEY, GOOD)
    assert api.get("/status/a.csv").body["export"] is None


def test_a_run_whose_rows_are_in_the_file(exported: Api) -> None:
    exported.land(KEY, GOOD)
    status = exported.get("/status/a.csv").body
    found = status["export"]
    assert (found["file"], found["state"], found["tries"], found["error"]) == (FILE, "CURRENT", 0, None)
    assert found["as_of"] >= status["arrived_at"]
    assert f"  export  {FILE}  CURRENT, rows as of {found['as_of']}" in lines_of(status)


def test_a_run_that_is_loaded_while_its_export_fails(exported: Api) -> None:
    exported.deployment.warehouse.fates.extend([Fate.FINE, Fate.REFUSED])
    exported.land(KEY, GOOD, run=False)
    while not exported.deployment.notifier.failures:
        exported.deployment.pass_time()
        (exported.deployment.next_job() or exported.deployment.wait)()
    status = exported.get("/status/a.csv").body
    found = status["export"]
    assert (status["state"], found["state"], found["as_of"], found["tries"]) == ("LOADED", "FAILING", None, 1)
    assert found["error"]["code"] == "EXPORT_FAILED"
    assert any(line.startswith(f"  export  {FILE}  FAILING: the warehouse refused") for line in lines_of(status))
    exported.deployment.settle()
    assert exported.get("/status/a.csv").body["export"]["state"] == "CURRENT"
