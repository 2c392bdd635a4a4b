"""The trial of the zip finds what is wrong: with small apps that fail, or answer what they should not."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.bundle.trial import Trial, looked_after
from deploy.bundle.vendor import PackageError
from deploy.stage import ROOT
from local.options import Names, Options
from local.record import Ports, Record
from local.stack import Stack

FAILS = "def on_schedule(event, context): raise LookupError('none of ours')"
ANSWERS = """
import json
print("a line of the log")
def on_schedule(event, context):
    import colorsys
    return {"requeued": context.get_remaining_time_in_millis(), "exports": 0, "late": 0, "found": event["version"]}
def authorize(event, context):
    return {"principalId": "somebody"}
def app(event, context):
    return {"statusCode": 404, "body": "{}"}
"""


def _trial(where: Path, app: str) -> Trial:
    (where / "app.py").write_text(app)
    nowhere = Ports(aws=9, worker=9, api=9, redshift_data=9, redshift_wire=9)
    record = Record(
        ready=True, ports=nowhere, names=Names(), processes=(), app="", env={"LANDFALL_STAGE": "trial"}, files={}
    )
    entries = {"on_schedule": "app.on_schedule", "authorize": "app.authorize", "api_handler": "app.app"}
    return Trial(where=where, entries=entries, record=record, tokens={"reader": "r"})


def test_a_function_that_fails_is_named_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"^on_schedule: [\s\S]*LookupError: none of ours"):
        _trial(tmp_path, FAILS).call("on_schedule", {})


def test_a_functions_answer_and_late_imports_are_reported(tmp_path: Path) -> None:
    tried = _trial(tmp_path, ANSWERS)
    assert tried.call("on_schedule", {"version": "0"}) == {"requeued": 60_000, "exports": 0, "late": 0, "found": "0"}
    assert tried.called["on_schedule"].later == ("colorsys",)


def test_an_answer_that_is_not_the_one_wanted_is_a_fault(tmp_path: Path) -> None:
    tried = _trial(tmp_path, ANSWERS)
    with pytest.raises(PackageError, match=r"a policy for the reader's token, not .*somebody"):
        looked_after(tried)
    with pytest.raises(PackageError, match=r"GET /status/a.csv: .*404"):
        tried.status("a.csv")


def test_a_function_that_does_nothing_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def on_incoming(event, context): pass")
    stack = Stack(ROOT, tmp_path / "state", options=Options(functions=False, api=False, warehouse=False))
    try:
        record = stack.up()
        assert [proc.name for proc in record.processes] == ["ministack"]
        tried = Trial(where=tmp_path, entries={"on_incoming": "app.on_incoming"}, record=record, tokens={})
        with pytest.raises(PackageError, match=r"nothing came into the queue landfall-runs"):
            tried.land("on_incoming", "incoming/a.csv", "a")
    finally:
        stack.down()
