"""The export of a target after a load, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.adapters.memory import Fate
from chalicelib.domain.export.progress import ExportState
from chalicelib.domain.run.model import RunState
from chalicelib.domain.run.notices import mail
from chalicelib.errors import Refused, Throttled
from chalicelib.pipeline.exporting import Export
from chalicelib.pipeline.sweep import sweep
from tests.support.settings import BUCKET
from tests.support.simulated.deployment import SETTINGS, SimulatedDeployment
from tests.support.simulated.endings import once, raising
from tests.support.simulated.exports import EXPORTED, current, exported, exports_of
from tests.support.simulated.scenarios import numbered, put

CONTRACT = EXPORTED["thing"]
Notes = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture
def notes(deployment: SimulatedDeployment) -> Notes:
    found: Notes = []
    deployment.deploy(EXPORTED)
    deployment.reconfigure(note=lambda name, fields: found.append((name, fields)))
    return found


def export_of(deployment: SimulatedDeployment) -> Export:
    return next(export for export in exports_of(deployment) if export.contract.name == "thing")


def unloads(deployment: SimulatedDeployment) -> int:
    return sum(not hasattr(statement.order, "shares") for statement in deployment.warehouse.statements.values())


def until_submitted(deployment: SimulatedDeployment) -> None:
    while not export_of(deployment).progress.statement_id:
        deployment.pass_time()
        job = deployment.next_job()
        assert job or deployment.wait() is None
        if job:
            job()


def test_after_a_load_the_file_has_its_rows(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", numbered(2))
    deployment.settle()
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT) == b"id,value,amount\nk0,v0,0\nk1,v1,1\n"
    assert export_of(deployment).state is ExportState.CURRENT
    assert not list(deployment.objects.list(BUCKET, "unload/"))
    [written] = [fields for name, fields in notes if name == "exported"]
    assert (written["object"], written["bytes"]) == ("thing", 32)


def test_a_contract_without_an_export_writes_none(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(2))
    deployment.settle()
    assert (unloads(deployment), list(exports_of(deployment))) == (0, [])
    assert not list(deployment.objects.list(BUCKET, "dashboard_data/"))


def test_a_target_without_a_row_is_a_header(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", numbered(2))
    until_submitted(deployment)
    deployment.warehouse.targets[CONTRACT.target].clear()
    deployment.check = lambda *_: set()  # nobody loaded that
    deployment.settle()
    assert exported(deployment, CONTRACT) == b"id,value,amount\n"


def test_loads_that_settle_meanwhile_share_the_next_export(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", numbered(2))
    until_submitted(deployment)
    deployment.warehouse.latency, late = 1.0, deployment.warehouse.statements.copy().popitem()[1]
    late.due += 3_000.0
    for name in ("b", "c"):
        put(deployment, f"{name}.csv", numbered(2, tag=name))
        while [run.state for run in deployment.runs.runs.values()][-1] is not RunState.LOADED:
            deployment.pass_time()
            (deployment.next_job() or deployment.wait)()
    assert unloads(deployment) == 1
    deployment.settle()
    assert (unloads(deployment), export_of(deployment).requests.count) == (2, 3)
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT)


def test_a_load_that_changes_nothing_is_not_exported(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", {})
    deployment.settle()
    assert (unloads(deployment), export_of(deployment).state) == (0, ExportState.NEVER)


def test_a_refused_export_changes_no_run_and_is_tried_again(deployment: SimulatedDeployment, notes: Notes) -> None:
    deployment.warehouse.fates.extend([Fate.FINE, Fate.REFUSED])
    put(deployment, "a.csv", numbered(2))
    deployment.settle()
    [run] = deployment.runs.runs.values()
    assert (run.state, run.finished) == (RunState.LOADED, True)
    [notice] = deployment.notifier.failures
    assert (notice["state"], notice["object"], notice["problem"]["code"]) == ("EXPORT_FAILED", "thing", "EXPORT_FAILED")
    assert mail(notice).startswith(
        "The export of thing cannot be written. Its file stays as it is; Landfall tries again."
    )
    assert [fields["tries"] for name, fields in notes if name == "export_failed"] == [1]
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT)
    progress = export_of(deployment).progress
    assert (progress.code, progress.tries, progress.notified) == ("", 0, False)


@pytest.mark.parametrize(("failures", "notices"), [(3, 0), (4, 1), (5, 1)])
def test_what_may_pass_is_tried_four_times_before_a_notice(
    deployment: SimulatedDeployment, notes: Notes, failures: int, notices: int
) -> None:
    deployment.warehouse.fates.extend([Fate.FINE, *[Fate.CONFLICT] * failures])
    put(deployment, "a.csv", numbered(2))
    deployment.settle()
    assert [fields["tries"] for name, fields in notes if name == "export_failed"] == [*range(1, failures + 1)]
    assert len(deployment.notifier.failures) == notices
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT)


def test_an_export_that_always_fails_is_tried_four_times_an_hour(deployment: SimulatedDeployment, notes: Notes) -> None:
    deployment.warehouse.fates.extend([Fate.FINE, *[Fate.REFUSED] * 1_000])
    put(deployment, "a.csv", numbered(2))
    while not deployment.settled():
        deployment.pass_time()
        (deployment.next_job() or deployment.wait)()
    begun = deployment.clock.now()
    while deployment.clock.now() < begun + 86_400:
        deployment.pass_time()
        (deployment.next_job() or deployment.wait)()
    assert 60 < export_of(deployment).progress.tries < 110
    assert (export_of(deployment).state, len(deployment.notifier.failures)) == (ExportState.FAILING, 1)


def test_a_statement_that_takes_too_long_is_stopped(deployment: SimulatedDeployment, notes: Notes) -> None:
    deployment.warehouse.fates.extend([Fate.FINE, Fate.STUCK])
    put(deployment, "a.csv", numbered(2))
    begun = deployment.clock.now()
    deployment.settle()
    assert deployment.clock.now() - begun > SETTINGS.load_timeout_seconds
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT)


def test_a_file_in_two_parts_is_refused_and_the_old_one_stays(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", numbered(2))
    until_submitted(deployment)
    statement = deployment.warehouse.statements[export_of(deployment).progress.statement_id]
    folder = statement.order.folder.removeprefix(f"s3://{BUCKET}/")  # type: ignore[union-attr]
    deployment.objects.put(BUCKET, f"{folder}001", b"more")
    deployment.clock.advance(5)
    deployment.warehouse.run_due()
    while not deployment.notifier.failures:
        (deployment.next_job() or deployment.wait)()
    [notice] = deployment.notifier.failures
    assert notice["problem"]["code"] == "EXPORT_TOO_LARGE"
    assert exported(deployment, CONTRACT) is None


def test_a_copy_that_s3_refuses_is_tried_again(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", numbered(2))
    until_submitted(deployment)  # the file is archived by now: the next copy is that of the export
    for error in (Throttled("slow down"), Refused("no")):
        once(deployment, "objects.copy", raising(error))
    deployment.settle()
    assert {fields["code"] for name, fields in notes if name == "export_failed"} == {"THROTTLED", "REFUSED"}
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT)


def test_the_sweep_moves_on_an_export_whose_messages_are_lost(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", numbered(2))
    until_submitted(deployment)
    deployment.clock.advance(5)
    deployment.warehouse.run_due()  # its event is lost
    deployment.queue.messages.clear()
    assert sweep(deployment.pipeline)["exports"] == 1
    deployment.settle()
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT)
    assert sweep(deployment.pipeline)["exports"] == 0


def test_an_export_whose_workers_are_always_killed_is_reported(deployment: SimulatedDeployment, notes: Notes) -> None:
    put(deployment, "a.csv", numbered(2))
    until_submitted(deployment)
    export = export_of(deployment)
    for _ in range(SETTINGS.max_attempts):
        export.change(export.progress.claimed(export.requests, deployment.clock.now()))
        deployment.clock.advance(61)
    export.change(export.progress.failed("", "", 0.0))
    deployment.settle()
    [notice] = deployment.notifier.failures
    assert notice["problem"]["code"] == "DEAD_LETTER"
    assert exported(deployment, CONTRACT) == current(deployment, CONTRACT)
