"""Files that are packed or in another encoding: their text is written once, and the story goes on with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.operations.reruns import rerun
from tests.support.files.packing import gzipped, zipped
from tests.support.simulated.deployment import BUCKET, SimulatedDeployment
from tests.support.simulated.endings import KEY, arrive, ended, only_run
from tests.support.simulated.faults import Fault, Killed
from tests.support.simulated.scenarios import numbered, put, text

ROWS = numbered(20, tag="é")
TEXT = text(ROWS, ("x1,y,notanumber",))
FILES: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzipped,
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "utf-16 in a zip": lambda body: zipped()(body.decode().encode("utf-16")),
}


def texts(deployment: SimulatedDeployment) -> dict[str, bytes]:
    """The pieces by key."""
    found = (s.key for s in deployment.objects.list(BUCKET, "processed/"))
    return {key: deployment.objects.get(BUCKET, key) for key in found if "/text-" in key}


def rejects(deployment: SimulatedDeployment) -> list[dict[str, object]]:
    keys = [s.key for s in deployment.objects.list(BUCKET, "rejected/")]
    return [json.loads(line) for key in keys for line in deployment.objects.get(BUCKET, key).splitlines()]


def calls(deployment: SimulatedDeployment, name: str) -> int:
    return deployment.schedule.calls.count(name)


@pytest.mark.parametrize("pack", FILES.values(), ids=FILES)
def test_its_text_is_loaded_and_the_file_archived_as_it_came(
    deployment: SimulatedDeployment, pack: Callable[[bytes], bytes]
) -> None:
    file = pack(TEXT)
    deployment.put(KEY, file, ROWS)
    deployment.settle()
    assert not deployment.violations
    run = only_run(deployment)
    assert (run.state, run.text_bytes, run.counts.read, run.counts.rejected) == (RunState.LOADED, len(TEXT), 21, 1)
    assert len(texts(deployment)) > 2
    assert b"".join(texts(deployment).values()) == TEXT
    (reject,) = rejects(deployment)
    assert (reject["line"], reject["byte_offset"]) == (22, TEXT.index(b"x1"))
    assert deployment.objects.get(BUCKET, run.archive_key) == file


def test_a_plain_file_is_neither_copied_nor_read_twice(deployment: SimulatedDeployment) -> None:
    put(deployment, "a.csv", numbered(3))
    arrive(deployment)
    deployment.pipeline.advance(only_run(deployment).run_id)
    assert (only_run(deployment).state, only_run(deployment).text_bytes) == (RunState.STAGING, 0)
    assert calls(deployment, "objects.put") == 1  # the plan
    assert calls(deployment, "objects.read") == 1
    assert not texts(deployment)


def test_a_rerun_reads_the_archived_file_and_unpacks_it_again(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, FILES["gzip"](TEXT), ROWS)
    deployment.settle()
    first = set(texts(deployment))
    rerun(deployment.pipeline, only_run(deployment))
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED
    assert only_run(deployment).text_bytes == len(TEXT)
    assert {len(keys) for keys in (first, set(texts(deployment)) - first)} == {len(first)}


def test_an_unpack_killed_half_way_is_repeated_the_same(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, FILES["utf-16"](TEXT), ROWS)
    deployment.deliver_event()
    puts = 0

    def killing(name: str) -> Fault | None:
        nonlocal puts
        deployment.schedule.calls.append(name)
        puts += name == "objects.put"
        return Fault.KILLED_AFTER if puts == 3 and name == "objects.put" else None

    plain = deployment.schedule.next
    deployment.schedule.next = killing  # type: ignore[method-assign]
    with pytest.raises(Killed):
        deployment.pipeline.advance(only_run(deployment).run_id)
    half = texts(deployment)
    assert len(half) == 3
    assert only_run(deployment).state is RunState.ARRIVED
    deployment.schedule.next = plain  # type: ignore[method-assign]
    deployment.settle()
    assert not deployment.violations
    assert only_run(deployment).state is RunState.LOADED
    assert half.items() <= texts(deployment).items()
    assert b"".join(texts(deployment).values()) == TEXT


def test_a_plan_made_twice_writes_the_same_text(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, FILES["gzip"](TEXT), ROWS)
    deployment.deliver_event()
    late = only_run(deployment)
    deployment.pipeline.advance(late.run_id)
    before = texts(deployment)
    assert deployment.pipeline._take(deployment.pipeline.plan, late) is None
    assert texts(deployment) == before
    deployment.settle()
    assert not deployment.violations


def test_a_file_overwritten_while_it_is_unpacked_gives_way(deployment: SimulatedDeployment) -> None:
    deployment.put(KEY, FILES["gzip"](TEXT), ROWS)
    deployment.deliver_event()
    newer = numbered(4)
    plain = deployment.schedule.next

    def overwriting(name: str) -> Fault | None:
        if name == "objects.read":
            deployment.schedule.next = plain  # type: ignore[method-assign]
            deployment.put(KEY, FILES["gzip"](text(newer)), newer)
        return plain(name)

    deployment.schedule.next = overwriting  # type: ignore[method-assign]
    deployment.settle()
    assert not deployment.violations
    states = [r.state for r in sorted(deployment.runs.runs.values(), key=lambda r: r.source.sequencer)]
    assert states == [RunState.SUPERSEDED, RunState.LOADED]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (gzipped(b""), "EMPTY_FILE"),
        (b"\xff\xfe", "EMPTY_FILE"),
        (gzipped(b"\xef\xbb\xbf"), "HEADER_MISSING"),
        (gzipped(TEXT)[:-1], "COMPRESSION_BROKEN"),
        (gzipped(gzipped(TEXT)), "WRONG_FORMAT"),
        (zipped(**{"b.csv": TEXT})(TEXT), "COMPRESSION_MEMBERS"),
        (zipped(**{"xl/workbook.xml": TEXT})(TEXT), "WRONG_FORMAT"),
        (b"<html>" + TEXT, "WRONG_FORMAT"),
        (TEXT.decode().encode("utf-16-be"), "HEADER_ENCODING"),
        (TEXT.decode().encode("utf-16")[:2] + b"a", "HEADER_ENCODING"),
    ],
)
def test_a_packed_file_at_fault_is_rejected(deployment: SimulatedDeployment, file: bytes, code: str) -> None:
    deployment.put(KEY, file, {})
    ended(deployment, RunState.REJECTED, code)


def test_a_file_that_unpacks_a_thousandfold_is_rejected(deployment: SimulatedDeployment) -> None:
    deployment.reconfigure(settings=replace(deployment.pipeline.ctx.settings, chunk_mb=1))
    deployment.put(KEY, gzipped(bytes(2_000_000)), {})
    ended(deployment, RunState.REJECTED, "COMPRESSION_BOMB")
