"""The record of an export: what a step leaves behind."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.export.progress import MOVE_SECONDS, ExportProgress, ExportRequests, ExportState

RUN = "a" * 32


def test_a_record_is_read_as_it_was_written() -> None:
    requests = ExportRequests().one_more(RUN)
    progress = ExportProgress().claimed(requests, 100.0).submitted("s-1").failed("CODE", "why", 200.0)
    assert ExportRequests.read(requests.text) == requests
    assert ExportProgress.read(progress.text) == progress
    assert (ExportRequests.read(""), ExportProgress.read("")) == (ExportRequests(), ExportProgress())


def test_a_load_that_comes_meanwhile_is_exported_next() -> None:
    requests = ExportRequests().one_more(RUN)
    progress = ExportProgress().claimed(requests, 100.0).submitted("s-1")
    requests = requests.one_more("b" * 32)
    progress = progress.moving(130.0).moved()
    assert (progress.exported, progress.exported_at, progress.pending(requests)) == (1, 100.0, True)
    progress = progress.claimed(requests, 140.0).submitted("s-2").moving(150.0).moved()
    assert (progress.exported, progress.run_id, progress.pending(requests)) == (2, "b" * 32, False)


def test_the_states() -> None:
    requests, progress = ExportRequests(), ExportProgress()
    assert progress.state(requests) is ExportState.NEVER
    requests = requests.one_more(RUN)
    assert progress.state(requests) is ExportState.WAITING
    claimed = progress.claimed(requests, 0.0)
    assert claimed.state(requests) is claimed.submitted("s").state(requests) is ExportState.RUNNING
    failed = claimed.failed("CODE", "why", 10.0)
    assert failed.state(requests) is ExportState.FAILING
    assert failed.claimed(requests, 20.0).submitted("s").moved().state(requests) is ExportState.CURRENT


def test_nobody_else_comes_near_a_file_that_is_moved() -> None:
    progress = ExportProgress().claimed(ExportRequests().one_more(RUN), 0.0).submitted("s")
    assert not progress.rests(1.0)
    moving = progress.moving(1.0)
    assert moving.rests(MOVE_SECONDS)
    assert not moving.rests(1.0 + MOVE_SECONDS)


def test_a_success_forgets_the_failures_before() -> None:
    requests = ExportRequests().one_more(RUN)
    failed = ExportProgress().claimed(requests, 0.0).was_notified().failed("CODE", "why", 10.0)
    assert (failed.tries, failed.notified, failed.rests(9.0)) == (1, True, True)
    moved = failed.claimed(requests, 20.0).submitted("s").moved()
    fields = {"exported": 1, "exported_at": 20.0, "taken": 1, "taken_at": 20.0, "tried": 2, "run_id": RUN}
    assert moved == replace(ExportProgress(), **fields)  # type: ignore[arg-type]
