"""A scan of the landing folders for files without a run, files that are loaded already, and side files.

Guarantees that a file, a folder or a record that cannot be read is logged and skipped. A scan that runs out of time
returns the key to continue after. It reads the record twice for a hundred files, and more only for files to act on and
for side files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from chalicelib.domain.contract.routing import ignored
from chalicelib.domain.run.arrivals import put_again
from chalicelib.domain.run.model import Run, RunState, SourceObject, run_id
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.pipeline.side_files import is_side_file, on_side_file
from chalicelib.ports import Newest

BATCH = 100


def on_landed(pipeline: Pipeline, source: SourceObject) -> Run | None:
    """Start a run of a file that S3 notifies of, unless it is beside the data. Raises Retryable."""
    if is_side_file(pipeline.ctx, source.key):
        on_side_file(pipeline.ctx, source)
        return None
    if is_ignored(pipeline.ctx, source.key):
        pipeline.ctx.note("ignored", {"file": source.key})
        return None
    return pipeline.arrive(source)


def is_ignored(ctx: Context, key: str) -> bool:
    """Return whether a file of that key gets no run, unless the operator requests one."""
    return is_side_file(ctx, key) or ignored(ctx.settings.ignored, ctx.contracts, key)


@dataclass(kw_only=True)
class LandingScan:
    """One scan: its folders, its time limit and its results."""

    pipeline: Pipeline
    prefixes: Sequence[str]
    """Sorted, and none within another."""
    after: str
    """The last key of the scan before; empty to begin with the first."""
    until: float
    """When to stop, even if there is more: seconds since 1970."""
    landed_before: float
    """Younger files are left to their events."""
    wanted: Callable[[str], bool] = bool
    """Which keys; no key is empty, so that this takes them all."""
    most: int = 1_000_000
    """The scan also stops after it has started this many runs."""
    seen: int = 0
    started: list[Run] = field(default_factory=list)
    archived: int = 0
    ignored: int = 0
    """Files beside the data."""
    failed: int = 0

    def run(self) -> str:
        """Scan the folders. Return the key to continue after; empty if that was all."""
        sources = self._listed()
        while batch := list(islice(sources, BATCH)):
            self._each(batch)
            if self.pipeline.ctx.clock.now() >= self.until or len(self.started) >= self.most:
                return batch[-1].key
        return ""

    def _listed(self) -> Iterator[SourceObject]:
        bucket = self.pipeline.ctx.settings.bucket
        for prefix in self.prefixes:
            inside = self.after.startswith(prefix)
            if inside or prefix.encode() > self.after.encode():
                try:
                    yield from self.pipeline.ctx.objects.list(bucket, prefix, self.after if inside else "")
                except Exception as error:  # noqa: BLE001 - one folder that cannot be listed hides no other
                    self._passed_over(prefix, error)

    def _each(self, batch: Sequence[SourceObject]) -> None:
        self.seen += len(batch)
        data = [s for s in batch if not is_ignored(self.pipeline.ctx, s.key)]
        self.ignored += len(batch) - len(data)
        due = [s for s in data if s.last_modified <= self.landed_before and self.wanted(s.key)]
        for source in batch:
            if source.last_modified <= self.landed_before and is_side_file(self.pipeline.ctx, source.key):
                self._try(source, partial(on_side_file, self.pipeline.ctx, source))
        try:
            newest = self.pipeline.ctx.runs.newest_of(self.pipeline.ctx.settings.bucket, [s.key for s in due])
            recorded = [s for s in due if s.key in newest and newest[s.key].etag == s.etag]
            runs = {r.source.key: r for r in self.pipeline.ctx.runs.get_many([newest[s.key].run_id for s in recorded])}
        except Exception as error:  # noqa: BLE001 - the same files are looked at by the next sweep
            self._passed_over(batch[0].key, error)
            return
        for source in due:
            self._try(source, partial(self._one, source, newest.get(source.key), runs.get(source.key)))

    def _try(self, source: SourceObject, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - one sick file must not hide the others
            self._passed_over(source.key, error)

    def _one(self, source: SourceObject, newest: Newest | None, run: Run | None) -> None:
        if newest is not None and newest.etag == source.etag:
            if run and run.state is RunState.LOADED and run.finished:
                self.pipeline.archive_again(run)
                self.archived += 1
            elif put_again(source, run) and (arrived := self.pipeline.arrive(source)):
                self.started.append(arrived)
        elif self._has_no_run(source) and (arrived := self.pipeline.arrive(source)):
            self.started.append(arrived)

    def _has_no_run(self, source: SourceObject) -> bool:
        """Return whether the content at the key has no run, though its key points at another content or at none.

        In a bucket with versions an old content shows again once the newer one is archived. It has or had its run. A
        run that has read nothing yet is left to the next scan, because its arrival time is only a clock's value:

        worker, its clock slow: a file of 12:00 arrives at 11:55 | sweep: would take it for one that came back later
        """
        known = self.pipeline.ctx.runs.get(run_id(source))
        if known is None:
            return True
        read = known.source.last_modified
        if not read and not known.state.terminal:
            return False
        return source.last_modified > (read or known.arrived_at)

    def _passed_over(self, what: str, error: Exception) -> None:
        self.failed += 1
        self.pipeline.ctx.note("passed_over", {"file": what, "error": type(error).__name__})
