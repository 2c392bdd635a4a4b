"""Each metric is emitted by the story, not only named in METRICS."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.expected import Expected
from chalicelib.domain.run.model import RunState
from chalicelib.domain.run.notices import MOST_UNROUTED
from chalicelib.errors import Refused, Throttled
from chalicelib.observe import METRICS, measured, redacted
from chalicelib.operations.cancels import cancel
from chalicelib.orchestration.sqs import on_dead_letter, on_run_message
from chalicelib.pipeline.sweep import sweep
from tests.simulation.outside import CONTRACTS
from tests.simulation.scenarios import all_bad, numbered, put
from tests.simulation.world import SETTINGS, World
from tests.unit.pipeline.endings import arrive, noted
from tests.unit.pipeline.test_seldom import once, raising


def loads_with_bad_rows(world: World) -> None:
    put(world, "a.csv", numbered(40), ("x1,y,notanumber",))
    world.run()


def is_refused_by_the_archive(world: World) -> None:
    put(world, "b.csv", numbered(3))
    once(world, "objects.copy", raising(Refused("not allowed")))
    world.run()


def is_rejected(world: World) -> None:
    all_bad(world)
    world.run()


def is_cancelled(world: World) -> None:
    put(world, "c.csv", numbered(3))
    arrive(world)
    [run] = [r for r in world.runs.runs.values() if r.state is RunState.ARRIVED]
    cancel(world.pipeline, run)
    world.run()


def have_no_contract(world: World) -> None:
    for number in range(MOST_UNROUTED + 1):
        world.put(f"incoming/junk-{number}.bin", b"x\n", {})
    world.run()


def is_never_answered(world: World) -> None:
    on_dead_letter(world.pipeline, {"body": "not ours"})
    record = {
        "body": '{"run_id": "r"}',
        "attributes": {"ApproximateReceiveCount": str(SETTINGS.max_attempts)},
        "receiptHandle": "h",
    }
    once(world, "runs.get", raising(Throttled("slow down")))
    on_run_message(world.pipeline, lambda handle, seconds: None, record)


def is_swept(world: World) -> None:
    once(world, "runs.newest_of", raising(Throttled("slow down")))
    put(world, "d.csv", numbered(3), event=False)
    world.clock.advance(SETTINGS.stuck_seconds + 1)
    sweep(world.pipeline)


STORY = (
    loads_with_bad_rows,
    is_refused_by_the_archive,
    is_rejected,
    is_cancelled,
    have_no_contract,
    is_never_answered,
    is_swept,
)


def test_the_story_emits_every_metric() -> None:
    world = World()
    expected = Expected.parse("00:00", ())
    world.reconfigure(contracts={**CONTRACTS, "thing": replace(CONTRACTS["thing"], expected=expected)})
    said = noted(world)
    for part in STORY:
        part(world)
    emitted = {name for event, fields in said for name in measured(event, redacted(fields)) if name != "_aws"}
    metrics = {name for fields in METRICS.values() for name, _, _ in fields.values()}
    assert metrics - emitted == set()
