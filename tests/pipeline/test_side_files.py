"""A file with `control_totals` waits for its side file, is loaded once, and is refused if they differ."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.dialect import ControlTotals
from chalicelib.domain.run.model import Run, RunState
from chalicelib.operations.reruns import rerun
from chalicelib.pipeline.side_files import WAIT_SECONDS
from chalicelib.pipeline.sweep import sweep
from tests.support.simulated.deployment import BUCKET, CONTRACTS, SimulatedDeployment
from tests.support.simulated.endings import KEY, arrive, ended, only_run
from tests.support.simulated.faults import Fault
from tests.support.simulated.outside import record_of

ROWS = b"id,value,amount\nk1,a,1\nk2,b,2\n"
GOOD = {"k1": "a,1", "k2": "b,2"}
SIDE = KEY + ".ctl"
PLACES = ControlTotals(count_field=2, sum_fields=(("amount", 3),))


@pytest.fixture
def totalled(deployment: SimulatedDeployment) -> SimulatedDeployment:
    deployment.deploy({**CONTRACTS, "thing": replace(CONTRACTS["thing"], control_totals=PLACES)})
    return deployment


def side(deployment: SimulatedDeployment, text: bytes, *, event: bool = True) -> None:
    """Put the side file, which is no file of rows."""
    deployment.put(SIDE, text, {}, event=event)
    deployment.landed.pop()


def keys_at(deployment: SimulatedDeployment, prefix: str) -> list[str]:
    return [found.key for found in deployment.objects.list(BUCKET, prefix)]


def pass_the_wait(deployment: SimulatedDeployment) -> None:
    deployment.settle()
    deployment.clock.advance(WAIT_SECONDS + 1)
    deployment.settle()


def loaded(deployment: SimulatedDeployment) -> Run:
    assert not deployment.violations
    assert deployment.warehouse.rows("landing.things") == [
        {"id": "k1", "value": "a", "amount": 1},
        {"id": "k2", "value": "b", "amount": 2},
    ]
    run = only_run(deployment)
    assert (run.state, run.problem) == (RunState.LOADED, None)
    assert keys_at(deployment, "incoming/") == []
    assert keys_at(deployment, "archive/") == [run.archive_key, run.archive_key + ".ctl"]
    return run


@pytest.mark.parametrize("event", [True, False])
def test_a_side_file_may_come_before_its_file(totalled: SimulatedDeployment, event: bool) -> None:
    side(totalled, b"a.csv,2,3\n", event=event)
    totalled.settle()
    totalled.put(KEY, ROWS, GOOD)
    totalled.settle()
    assert loaded(totalled).generation == 1
    assert not totalled.notifier.failures


@pytest.mark.parametrize("event", [True, False])
def test_a_file_waits_for_its_side_file(totalled: SimulatedDeployment, event: bool) -> None:
    totalled.put(KEY, ROWS, GOOD)
    arrive(totalled)
    totalled.deliver_message()
    waiting = only_run(totalled)
    assert (waiting.state, waiting.problem and waiting.problem.code) == (RunState.ARRIVED, "CONTROL_TOTALS_MISSING")
    side(totalled, b"file,rows,amount\na.csv,2,3", event=event)
    totalled.settle()
    assert loaded(totalled).generation == 1
    assert not totalled.notifier.failures


def test_a_late_side_file_starts_its_file_again(totalled: SimulatedDeployment) -> None:
    totalled.put(KEY, ROWS, GOOD)
    pass_the_wait(totalled)
    ended(totalled, RunState.REJECTED, "CONTROL_TOTALS_MISSING")
    side(totalled, b"\n# made by\na.csv,2,3\r\n\n")
    totalled.settle()
    loaded(totalled)
    side(totalled, b"a.csv,2,3\n")
    totalled.settle()
    assert only_run(totalled).generation == 2


def test_a_rerun_finds_the_side_file(totalled: SimulatedDeployment) -> None:
    totalled.put(KEY, ROWS, GOOD)
    pass_the_wait(totalled)
    side(totalled, b"a.csv,2,3\n", event=False)
    rerun(totalled.pipeline, only_run(totalled))
    totalled.settle()
    loaded(totalled)
    rerun(totalled.pipeline, only_run(totalled))
    totalled.settle()
    run = loaded(totalled)
    assert (run.generation, run.counts.unchanged) == (3, 2)


def test_a_late_side_file_is_found_without_its_event(totalled: SimulatedDeployment) -> None:
    totalled.put(KEY, ROWS, GOOD)
    pass_the_wait(totalled)
    side(totalled, b"a.csv,2,4\n", event=False)
    for text in (b"", b"a.csv,2,4\n", b"a.csv,2,3\n"):
        if text:
            side(totalled, text, event=False)
            totalled.clock.advance(totalled.pipeline.ctx.settings.stuck_seconds + 1)
        totalled.settle()
    assert loaded(totalled).generation == 3
    assert len(totalled.notifier.failures) == 2


@pytest.mark.parametrize("wrong", [b"a.csv,2,4", b"a.csv,two,3", b"a.csv,2,x", b"\x89PNG\r\n\x1a\n"])
@pytest.mark.parametrize("messages", range(6))
def test_a_side_file_of_the_same_second_is_another(totalled: SimulatedDeployment, wrong: bytes, messages: int) -> None:
    side(totalled, wrong)
    totalled.put(KEY, ROWS, GOOD)
    totalled.clock.advance(0.5)
    while totalled.deliver_event():
        pass
    for _ in range(messages):
        totalled.deliver_message()
    totalled.objects.put(BUCKET, SIDE, b"a.csv,2,3")
    totalled.events.append({"Records": [record_of(totalled.objects.head(BUCKET, SIDE))]})
    totalled.settle()
    loaded(totalled)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"a.csv,3,3", "TOTALS_DIFFER"),
        (b"a.csv,2,4", "TOTALS_DIFFER"),
        (b"a.csv,two,3", "CONTROL_TOTALS_MALFORMED"),
        (b"a.csv,2", "CONTROL_TOTALS_MALFORMED"),
        (b"rows=2\nsum=3\n", "CONTROL_TOTALS_MALFORMED"),
        (b"a.csv,2,3\nb.csv,2,3\n", "CONTROL_TOTALS_MALFORMED"),
        (b"a.csv,2,3\n\na.csv,2,3\n", "CONTROL_TOTALS_MALFORMED"),
        (b"", "CONTROL_TOTALS_MALFORMED"),
        (b"\n", "CONTROL_TOTALS_MALFORMED"),
        (b'a.csv,"2,3\n', "CONTROL_TOTALS_MALFORMED"),
        (b"x" * 20_000, "CONTROL_TOTALS_MALFORMED"),
        (b"a.csv,2,x", "CONTROL_TOTALS_MALFORMED"),
        (b"%PDF-1.7\n" + bytes(9), "CONTROL_TOTALS_MALFORMED"),
        (b"PK\x03\x04" + bytes(99), "CONTROL_TOTALS_MALFORMED"),
        (gzip.compress(b"a.csv,2,3\n", mtime=0)[:15], "CONTROL_TOTALS_MALFORMED"),
        (gzip.compress(bytes(1_000_000), mtime=0), "CONTROL_TOTALS_MALFORMED"),
    ],
)
def test_another_side_file_starts_a_refused_file_again(totalled: SimulatedDeployment, text: bytes, code: str) -> None:
    side(totalled, text)
    totalled.put(KEY, ROWS, GOOD)
    refused = ended(totalled, RunState.REJECTED, code)
    assert refused.problem
    assert "side file" in refused.problem.message
    totalled.events.append({"Records": [record_of(totalled.objects.head(BUCKET, SIDE))]})
    totalled.settle()
    assert only_run(totalled) == refused
    totalled.clock.advance(60)
    side(totalled, b"a.csv,2,3\n")
    totalled.settle()
    assert loaded(totalled).generation == 2


def test_a_side_file_of_the_next_file_is_left_to_it(totalled: SimulatedDeployment) -> None:
    side(totalled, b"a.csv,2,3\n")
    totalled.put(KEY, ROWS, GOOD)
    arrive(totalled)
    while not only_run(totalled).chunks:
        totalled.deliver_message()
    side(totalled, b"next.csv,2,3\n")
    totalled.settle()
    assert only_run(totalled).state is RunState.LOADED
    assert keys_at(totalled, "incoming/") == [SIDE]


def test_a_side_file_is_left_to_the_newer_version() -> None:
    totalled = SimulatedDeployment(versioned=True)
    totalled.deploy({**CONTRACTS, "thing": replace(CONTRACTS["thing"], control_totals=PLACES)})
    totalled.put(KEY, ROWS, GOOD)
    arrive(totalled)
    totalled.deliver_message()
    totalled.put(KEY, ROWS.replace(b"k1,a", b"k1,b"), {**GOOD, "k1": "b,1"}, event=False)
    side(totalled, b"a.csv,2,3\n")
    totalled.settle()
    pass_the_wait(totalled)
    assert [run.state for run in totalled.runs.runs.values()] == [RunState.LOADED] * 2
    assert not totalled.notifier.failures
    assert keys_at(totalled, "incoming/") == []


def test_a_side_file_alone_gets_no_run(totalled: SimulatedDeployment) -> None:
    totalled.reconfigure(settings=replace(totalled.pipeline.ctx.settings, ignore=""))
    side(totalled, b"a.csv,2,3\n")
    totalled.settle()
    totalled.clock.advance(totalled.pipeline.ctx.settings.stuck_seconds + 1)
    sweep(totalled.pipeline)
    totalled.settle()
    assert not totalled.runs.runs


@settings(max_examples=60, deadline=None)
@given(killed=st.integers(1, 60), fault=st.sampled_from([Fault.KILLED_BEFORE, Fault.KILLED_AFTER]), late=st.booleans())
def test_a_worker_may_die_anywhere(killed: int, fault: Fault, late: bool) -> None:
    deployment = SimulatedDeployment()
    deployment.deploy({**CONTRACTS, "thing": replace(CONTRACTS["thing"], control_totals=PLACES)})
    usual, calls = deployment.schedule.next, [0]

    def next_fault(name: str) -> Fault | None:
        calls[0] += 1
        return fault if calls[0] == killed else usual(name)

    deployment.schedule.next = next_fault  # type: ignore[method-assign]
    deployment.put(KEY, ROWS, GOOD)
    if late:
        deployment.deliver_event()
        deployment.deliver_message()
    side(deployment, b"a.csv,2,3\n")
    deployment.settle()
    loaded(deployment)
