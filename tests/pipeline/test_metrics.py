"""Each metric is emitted by the story, not only named in METRICS."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.expected import Expected
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.model import RunState
from chalicelib.domain.run.notices import MOST_UNROUTED
from chalicelib.errors import Refused, Throttled
from chalicelib.observe import METRICS, measured, redacted
from chalicelib.operations.cancels import cancel
from chalicelib.orchestration.extraction import extract, start_due
from chalicelib.orchestration.sqs import on_dead_letter, on_run_message
from chalicelib.pipeline.sweep import sweep
from tests.sources.site import CONTRACT, CUSTOM, FaultyWorld
from tests.support.simulated.deployment import CONTRACTS, SETTINGS, SimulatedDeployment
from tests.support.simulated.endings import arrive, noted, once, raising
from tests.support.simulated.exports import exporting
from tests.support.simulated.scenarios import all_bad, numbered, put


def loads_with_bad_rows(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(40), ("x1,y,notanumber",))
    deployment.settle()


def is_refused_by_the_archive(deployment: SimulatedDeployment) -> None:
    put(deployment, "b.csv", numbered(3))
    once(deployment, "objects.copy", raising(Refused("not allowed")))
    deployment.settle()


def is_rejected(deployment: SimulatedDeployment) -> None:
    all_bad(deployment)
    deployment.settle()


def is_cancelled(deployment: SimulatedDeployment) -> None:
    put(deployment, "c.csv", numbered(3))
    arrive(deployment)
    [run] = [r for r in deployment.runs.runs.values() if r.state is RunState.ARRIVED]
    cancel(deployment.pipeline, run)
    deployment.settle()


def have_no_contract(deployment: SimulatedDeployment) -> None:
    for number in range(MOST_UNROUTED + 1):
        deployment.put(f"incoming/junk-{number}.bin", b"x\n", {})
    deployment.settle()


def is_never_answered(deployment: SimulatedDeployment) -> None:
    run = next(iter(deployment.runs.runs.values()))
    for _ in range(SETTINGS.max_attempts):
        deployment.pipeline.ctx.tries.count(run.run_id)
    on_dead_letter(deployment.pipeline, {"body": f'{{"run_id": "{run.run_id}"}}'})
    record = {
        "body": '{"run_id": "r"}',
        "attributes": {"ApproximateReceiveCount": str(SETTINGS.max_attempts)},
        "receiptHandle": "h",
    }
    once(deployment, "runs.get", raising(Throttled("slow down")))
    on_run_message(deployment.pipeline, lambda handle, seconds: None, record)


def is_swept(deployment: SimulatedDeployment) -> None:
    once(deployment, "runs.newest_of", raising(Throttled("slow down")))
    put(deployment, "d.csv", numbered(3), event=False)
    deployment.clock.advance(SETTINGS.stuck_seconds + 1)
    sweep(deployment.pipeline)


def has_a_source_that_refuses(deployment: SimulatedDeployment) -> None:
    world = FaultyWorld(deployment.clock)
    world.fault = lambda: Refused("not allowed")
    start_due(deployment.pipeline.ctx)
    extract(deployment.pipeline.ctx, world.connect, "thing", "a message")


def has_an_export_that_fails_once(deployment: SimulatedDeployment) -> None:
    deployment.reconfigure(contracts=exporting(deployment.pipeline.ctx.contracts))
    once(deployment, "warehouse.unload", raising(Throttled("slow down")))
    put(deployment, "e.csv", numbered(3, tag="e"))
    deployment.settle()


STORY = (
    loads_with_bad_rows,
    is_refused_by_the_archive,
    is_rejected,
    is_cancelled,
    have_no_contract,
    is_never_answered,
    is_swept,
    has_an_export_that_fails_once,
    has_a_source_that_refuses,
)


def test_the_story_emits_every_metric() -> None:
    deployment = SimulatedDeployment()
    expected = Expected.parse("00:00", ())
    source = read_contract("thing.toml", (CONTRACT + CUSTOM).encode()).source
    thing = replace(CONTRACTS["thing"], expected=expected, source=source)
    deployment.reconfigure(contracts={**CONTRACTS, "thing": thing})
    said = noted(deployment)
    for part in STORY:
        part(deployment)
    emitted = {name for event, fields in said for name in measured(event, redacted(fields)) if name != "_aws"}
    metrics = {name for fields in METRICS.values() for name, _, _ in fields.values()}
    assert metrics - emitted == set()
