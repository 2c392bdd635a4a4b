"""Files that are packed or in another encoding: their text is written once, and the story goes on with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.operations.reruns import rerun
from tests.support.files.packing import gzipped, zipped
from tests.support.simulated.endings import KEY, arrive, ended, only_run
from tests.support.simulated.faults import Fault, Killed
from tests.support.simulated.scenarios import numbered, put, text
from tests.support.simulated.world import BUCKET, World

ROWS = numbered(20, tag="é")
TEXT = text(ROWS, ("x1,y,notanumber",))
FILES: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzipped,
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "utf-16 in a zip": lambda body: zipped()(body.decode().encode("utf-16")),
}


def texts(world: World) -> dict[str, bytes]:
    """The pieces by key."""
    found = (s.key for s in world.objects.list(BUCKET, "processed/"))
    return {key: world.objects.get(BUCKET, key) for key in found if "/text-" in key}


def rejects(world: World) -> list[dict[str, object]]:
    keys = [s.key for s in world.objects.list(BUCKET, "rejected/")]
    return [json.loads(line) for key in keys for line in world.objects.get(BUCKET, key).splitlines()]


def calls(world: World, name: str) -> int:
    return world.schedule.calls.count(name)


@pytest.mark.parametrize("pack", FILES.values(), ids=FILES)
def test_its_text_is_loaded_and_the_file_archived_as_it_came(world: World, pack: Callable[[bytes], bytes]) -> None:
    file = pack(TEXT)
    world.put(KEY, file, ROWS)
    world.run()
    assert not world.violations
    run = only_run(world)
    assert (run.state, run.text_bytes, run.counts.read, run.counts.rejected) == (RunState.LOADED, len(TEXT), 21, 1)
    assert len(texts(world)) > 2
    assert b"".join(texts(world).values()) == TEXT
    (reject,) = rejects(world)
    assert (reject["line"], reject["byte_offset"]) == (22, TEXT.index(b"x1"))
    assert world.objects.get(BUCKET, run.archive_key) == file


def test_a_plain_file_is_neither_copied_nor_read_twice(world: World) -> None:
    put(world, "a.csv", numbered(3))
    arrive(world)
    world.pipeline.advance(only_run(world).run_id)
    assert (only_run(world).state, only_run(world).text_bytes) == (RunState.STAGING, 0)
    assert calls(world, "objects.put") == 1  # the plan
    assert calls(world, "objects.read") == 1
    assert not texts(world)


def test_a_rerun_reads_the_archived_file_and_unpacks_it_again(world: World) -> None:
    world.put(KEY, FILES["gzip"](TEXT), ROWS)
    world.run()
    first = set(texts(world))
    rerun(world.pipeline, only_run(world))
    world.run()
    assert not world.violations
    assert only_run(world).state is RunState.LOADED
    assert only_run(world).text_bytes == len(TEXT)
    assert {len(keys) for keys in (first, set(texts(world)) - first)} == {len(first)}


def test_an_unpack_killed_half_way_is_repeated_the_same(world: World) -> None:
    world.put(KEY, FILES["utf-16"](TEXT), ROWS)
    world._deliver_event()
    puts = 0

    def killing(name: str) -> Fault | None:
        nonlocal puts
        world.schedule.calls.append(name)
        puts += name == "objects.put"
        return Fault.KILLED_AFTER if puts == 3 and name == "objects.put" else None

    plain = world.schedule.next
    world.schedule.next = killing  # type: ignore[method-assign]
    with pytest.raises(Killed):
        world.pipeline.advance(only_run(world).run_id)
    half = texts(world)
    assert len(half) == 3
    assert only_run(world).state is RunState.ARRIVED
    world.schedule.next = plain  # type: ignore[method-assign]
    world.run()
    assert not world.violations
    assert only_run(world).state is RunState.LOADED
    assert half.items() <= texts(world).items()
    assert b"".join(texts(world).values()) == TEXT


def test_a_plan_made_twice_writes_the_same_text(world: World) -> None:
    world.put(KEY, FILES["gzip"](TEXT), ROWS)
    world._deliver_event()
    late = only_run(world)
    world.pipeline.advance(late.run_id)
    before = texts(world)
    assert world.pipeline._take(world.pipeline.plan, late) is None
    assert texts(world) == before
    world.run()
    assert not world.violations


def test_a_file_overwritten_while_it_is_unpacked_gives_way(world: World) -> None:
    world.put(KEY, FILES["gzip"](TEXT), ROWS)
    world._deliver_event()
    newer = numbered(4)
    plain = world.schedule.next

    def overwriting(name: str) -> Fault | None:
        if name == "objects.read":
            world.schedule.next = plain  # type: ignore[method-assign]
            world.put(KEY, FILES["gzip"](text(newer)), newer)
        return plain(name)

    world.schedule.next = overwriting  # type: ignore[method-assign]
    world.run()
    assert not world.violations
    states = [r.state for r in sorted(world.runs.runs.values(), key=lambda r: r.source.sequencer)]
    assert states == [RunState.SUPERSEDED, RunState.LOADED]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (gzipped(b""), "EMPTY_FILE"),
        (b"\xff\xfe", "EMPTY_FILE"),
        (gzipped(b"\xef\xbb\xbf"), "HEADER_MISSING"),
        (gzipped(TEXT)[:-1], "COMPRESSION_BROKEN"),
        (gzipped(gzipped(TEXT)), "HEADER_ENCODING"),
        (zipped(**{"b.csv": TEXT})(TEXT), "COMPRESSION_MEMBERS"),
        (TEXT.decode().encode("utf-16-be"), "HEADER_ENCODING"),
        (TEXT.decode().encode("utf-16")[:2] + b"a", "HEADER_ENCODING"),
    ],
)
def test_a_packed_file_at_fault_is_rejected(world: World, file: bytes, code: str) -> None:
    world.put(KEY, file, {})
    ended(world, RunState.REJECTED, code)


def test_a_file_that_unpacks_a_thousandfold_is_rejected(world: World) -> None:
    world.reconfigure(settings=replace(world.pipeline.ctx.settings, chunk_mb=1))
    world.put(KEY, gzipped(bytes(2_000_000)), {})
    ended(world, RunState.REJECTED, "COMPRESSION_BOMB")
