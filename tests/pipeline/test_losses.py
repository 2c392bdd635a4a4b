"""What was lost on the way: our own files, messages, the right to archive. Each costs its file, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.domain.run import keys
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Refused
from tests.support.simulated.crowds import all_staged, crowd
from tests.support.simulated.deployment import BUCKET, SETTINGS, SimulatedDeployment
from tests.support.simulated.endings import arrive, ended, only_run
from tests.support.simulated.promises import liveness
from tests.support.simulated.scenarios import numbered, put

FILES = 6


def parts_of(deployment: SimulatedDeployment, run: Run) -> list[str]:
    return [part.key for part in deployment.objects.list(BUCKET, f"processed/{run.prefix}/part-")]


GONE: list[Callable[[SimulatedDeployment, Run], list[str]]] = [
    lambda deployment, run: [keys.plan(run)],
    lambda deployment, run: [keys.manifest(run)],
    parts_of,
]


@pytest.mark.parametrize(
    ("gone", "which"),
    [(GONE[0], 0), *((gone, which) for gone in GONE[1:] for which in (0, 1, -1))],
    ids=["plan of the first", *(f"{what} {n}" for what in ("manifest", "parts") for n in (1, 2, "last"))],
)
def test_what_was_staged_and_is_gone_fails_its_file_alone(
    deployment: SimulatedDeployment, gone: Callable[[SimulatedDeployment, Run], list[str]], which: int
) -> None:
    crowd(deployment, FILES)
    all_staged(deployment)
    waiting = [deployment.runs.runs[run_id] for run_id in deployment.load_queue.waiting("landing.things")]
    waiting = [run for run in waiting if run.state is RunState.STAGED]
    sick = waiting[which]
    for key in gone(deployment, sick):
        deployment.objects.remove(BUCKET, key)
    deployment.settle()
    assert not deployment.violations
    ends = {run.run_id: run for run in deployment.runs.runs.values()}
    problem = ends[sick.run_id].problem
    assert problem
    assert problem.code == "WORK_GONE"
    assert "run the file again" in problem.message
    assert ends.pop(sick.run_id).state is RunState.FAILED
    assert {run.state for run in ends.values()} == {RunState.LOADED}


def test_a_plan_gone_before_all_is_staged_is_reported(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(12))
    arrive(deployment)
    deployment.pipeline.advance(only_run(deployment).run_id)
    deployment.objects.remove(BUCKET, keys.plan(only_run(deployment)))
    ended(deployment, RunState.FAILED, "WORK_GONE", may_fail=True)


def test_success_is_notified_although_the_archive_refuses(deployment: SimulatedDeployment) -> None:
    refusing = [True]

    def fault(name: str) -> None:
        if refusing and name == "objects.copy":
            raise Refused(f"{name}: AccessDenied")

    deployment.schedule.next = fault  # type: ignore[method-assign]
    put(deployment, "a.csv", numbered(3))
    for _ in range(60):
        deployment.run_statements()
        deployment.deliver_event() or deployment.deliver_message()
        deployment.clock.advance(5)
    run = only_run(deployment)
    assert (run.state, run.notified, run.archive_key, run.finished) == (RunState.LOADED, True, "", False)
    assert [m["archived_at"] for m in deployment.notifier.successes] == [""]
    assert not deployment.queue.messages
    refusing.clear()
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)
    assert only_run(deployment).finished
    assert len(deployment.notifier.successes) == 1


def test_chunks_that_vanish_are_given_up_in_the_end(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(12))
    arrive(deployment)
    send_chunks: Any = deployment.queue.send_chunks
    deployment.queue.send_chunks = lambda tasks: None  # type: ignore[method-assign]
    deployment.pipeline.advance(only_run(deployment).run_id)
    deployment.clock.advance(SETTINGS.give_up_hours * 3600 - 2 * SETTINGS.stuck_seconds)
    deployment.pipeline.advance(only_run(deployment).run_id)
    assert only_run(deployment).state is RunState.STAGING
    deployment.clock.advance(3 * SETTINGS.stuck_seconds)
    deployment.queue.send_chunks = send_chunks  # type: ignore[method-assign]
    ended(deployment, RunState.FAILED, "CHUNKS_LOST", may_fail=True)


def test_chunks_that_come_in_are_hoped_for_however_long_it_takes(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(12))
    arrive(deployment)
    deployment.pipeline.advance(only_run(deployment).run_id)
    deployment.clock.advance(SETTINGS.give_up_hours * 3600 + 1)
    deployment.queue.messages = [m for m in deployment.queue.messages if m.queue == "chunks"]
    assert deployment.deliver_message()
    assert only_run(deployment).staged == 1
    deployment.pipeline.advance(only_run(deployment).run_id)
    assert only_run(deployment).state is RunState.STAGING
    deployment.settle()
    assert only_run(deployment).state is RunState.LOADED


def test_what_is_put_again_before_it_was_read_is_loaded() -> None:
    deployment = SimulatedDeployment()
    put(deployment, "a.csv", numbered(3, tag="one"))
    deployment.deliver_event()
    put(deployment, "a.csv", numbered(3, tag="two"), event=False)
    deployment.deliver_message()
    assert [run.state for run in deployment.runs.runs.values()] == [RunState.SUPERSEDED]
    put(deployment, "a.csv", numbered(3, tag="one"))
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)
    assert [run.state for run in deployment.runs.runs.values()] == [RunState.SUPERSEDED, RunState.LOADED]
