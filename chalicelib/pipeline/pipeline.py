"""The story of a file, top to bottom: arrive, plan, stage, seal, load, archive, notify.

Every step may be entered twice, by two workers at once, or again after a crash at any line. It then does the same work
again or finds that the work is done. The run's record and the keys in S3 are the only memory. A step returns the run
as it left it. It returns None when something outside must happen first (chunks to be staged, a statement to end).

Guarantees (docs/design/guarantees.md): a good row of an accepted file is merged exactly once, because the warehouse's
ledger row is written in the transaction that merges; a run is LOADED only after that row was seen; a source is deleted
only after a verified copy. It does not promise order between files beyond "newer wins", nor that an outcome is
notified once: it is notified at least once, under a stable id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from chalicelib.domain.file.books import first_gap, refuse_more_wrong_cuts, refuse_wrong_books, sealed_books
from chalicelib.domain.file.file_plan import FilePlan, chunk_task, shape
from chalicelib.domain.run import keys
from chalicelib.domain.run.arrivals import new_run, put_again
from chalicelib.domain.run.model import Chunk, ChunkState, ChunkTask, Run, RunState, SourceObject, run_id
from chalicelib.domain.run.notices import notice
from chalicelib.errors import Broken, LandfallError, Refused, Retryable, SourceChanged, SourceGone, Throttled
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.archiving import archived
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.corrections import update_books
from chalicelib.pipeline.exporting import advance_export
from chalicelib.pipeline.load_windows import enqueue_in_window, window_of
from chalicelib.pipeline.loading import Loader
from chalicelib.pipeline.side_files import may_start_again, start_again, waits
from chalicelib.pipeline.staging import plan_file, publish, stage_part
from chalicelib.ports import Conflict, Newest

POINTER_TRIES = 10
"""Tries to decide whether a version is the newest of its key, when other versions arrive at the same time."""
Step = Callable[[Run], Run | None]


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The steps."""

    ctx: Context

    @property
    def loader(self) -> Loader:
        """The loader of staged runs."""
        return Loader(ctx=self.ctx)

    # ---- arrive -----------------------------------------------------------------------------------------------------

    def arrive(self, source: SourceObject) -> Run | None:
        """Turn a landed version into a run, once. Return the run, or None for a folder. Raises Retryable.

        The same content of the same key again changes nothing. Decide again if the key points elsewhere by the time
        that the run is made, or if the run's name was taken:

        event: content A came back after B  | sweep: so it did; makes a run of it, named by its time
        event: would make another of it, named by its sequencer
        event: content A is new, and newest | late event of an older A, which B replaced: makes the run
        """
        if source.key.endswith("/") and source.size == 0:
            return None  # a folder, as consoles make them
        for _ in range(POINTER_TRIES):
            known = self.ctx.runs.get(run_id(source))
            newest = self.ctx.runs.newest(source.bucket, source.key)
            if newest and newest.etag == source.etag:
                if not put_again(source, known := self.ctx.runs.get(newest.run_id)):
                    return outcomes.enqueue(self.ctx, known)
            elif newest and not self._is_news(source, newest, known):
                return outcomes.enqueue(self.ctx, known or self.ctx.runs.get(newest.run_id))
            run = new_run(source, self.ctx.contracts, self.ctx.clock.now(), came_back=known is not None)
            if self.ctx.runs.create(run, newest):
                self.ctx.note("arrived", {"run": run.run_id, "object": run.object, "state": run.state.value})
                return outcomes.enqueue(self.ctx, run)
            if known and (made := self.ctx.runs.get(run.run_id)):
                return outcomes.enqueue(self.ctx, made)
        raise Throttled(
            f"other versions of {source.key} arrived during each of {POINTER_TRIES} tries to record this one"
        )

    def _is_news(self, source: SourceObject, newest: Newest, known: Run | None) -> bool:
        """Return whether a content other than the newest one was put after it; otherwise its event is late or a repeat.

        S3's sequencers decide. What the sweep found by listing has no sequencer; then S3's object at the key decides:

        sweep: finds content 2, whose event is late | event of content 1, later still: overwritten, it has no run
        and in a bucket with versions it has one     | event of content 2: after content 1's, yet content 2 has its run
        """
        if not all(map(source.newer_than, (newest.sequencer, known.source.sequencer if known else ""))):
            return known is None
        if not source.sequencer or (newest.sequencer and (known is None or known.source.sequencer)):
            return True
        try:
            found = self.ctx.objects.head(source.bucket, source.key, source.version_id)
        except SourceGone:
            return False
        if known is None or known.source.sequencer:
            return found.etag == source.etag
        return found.etag == source.etag and found.last_modified > known.source.last_modified

    # ---- advance: one message moves one run as far as it can go -----------------------------------------------------

    def advance(self, run_id: str, within: Callable[[Run], bool] = bool) -> None:
        """Move a run on, then its object's export, until something outside must happen first. Raises Retryable.

        It stops early where the run is not `within` the states that the caller wants.
        """
        run = known = self.ctx.runs.get(run_id)
        while run and within(run) and (step := self._next(run)):
            run = self._take(step, run)
        advance_export(self.ctx, known)

    def _take(self, step: Step, run: Run) -> Run | None:
        try:
            return step(run)
        except Conflict:
            return None  # another worker moved it, and goes on with it
        except LandfallError as error:
            return outcomes.end(self.ctx, run, error)

    def _next(self, run: Run) -> Step | None:
        match run.state:
            case RunState.ARRIVED | RunState.STAGING | RunState.STAGED if run.cancel_requested:
                return partial(outcomes.cancelled, self.ctx)
            case RunState.ARRIVED:
                return self.plan
            case RunState.STAGING:
                return self.seal
            case RunState.STAGED | RunState.LOADING:
                return self.load
            case RunState.LOADED if not run.followed_up:
                return self.update_parent if run.corrects else self.archive
        ended = partial(start_again, self.ctx) if may_start_again(run) else None
        return ended if run.notified else self.notify

    # ---- plan: split the file into ranges; no byte of plain text is copied ------------------------------------------

    def plan(self, run: Run) -> Run | None:
        """Check size and header, unpack a packed file, and record the ranges. Raises Rejected, SourceGone/Changed.

        Return None if the file waits for its side file.
        """
        source = self._landed_version(run)
        contract = outcomes.contract_of(self.ctx, run)
        if waits(self.ctx, run, contract):
            return None
        file_plan = plan_file(self.ctx.objects, run, source, contract, self.ctx.settings)
        self.ctx.objects.put(source.bucket, keys.plan(run), file_plan.to_json())
        planned = self.ctx.runs.change(
            run,
            state=RunState.STAGING,
            problem=None,
            chunks=len(file_plan.ranges),
            fingerprint=contract.fingerprint,
            target=contract.target,
            shape=shape(contract, file_plan.staged_columns(contract)),
            text_bytes=file_plan.text.size if file_plan.text else 0,
            source=run.source if run.reads else source,
            reads=source if run.reads else None,
        )
        found = {"object": run.object, "chunks": planned.chunks, "bytes": source.size}
        self.ctx.note("planned", {"run": run.run_id, **found})
        return planned

    def _landed_version(self, run: Run) -> SourceObject:
        """Return the run's version, with size, age and version id as the store has them. Raises SourceChanged.

        A listing has no version id. Yet the version that is archived and deleted must be this one, not a later one.
        """
        wanted = run.reads or run.source
        found = self.ctx.objects.head(wanted.bucket, wanted.key, wanted.version_id)
        if found.etag != wanted.etag:
            raise SourceChanged(outcomes.OVERWRITTEN)
        version = wanted.version_id or found.version_id
        return replace(wanted, size=found.size, last_modified=found.last_modified, version_id=version)

    # ---- stage: one chunk, one message ------------------------------------------------------------------------------

    def stage(self, task: ChunkTask) -> None:
        """Check one chunk; write its good rows as a part and its bad rows as rejects. Raises Retryable."""
        run = self.ctx.runs.get(task.run_id)
        if run is None or run.state is not RunState.STAGING or run.generation != task.generation:
            return  # a late double
        if chunk := self.ctx.chunks.begin(task):
            try:
                run = self._stage(run, chunk)
            except Retryable:
                raise
            except LandfallError as error:
                outcomes.enqueue(self.ctx, outcomes.fail(self.ctx, run, error))
                return
        if run.staged >= run.chunks:
            self.ctx.queue.send_run(run.run_id)

    def _stage(self, run: Run, chunk: Chunk) -> Run:
        file_plan, contract = self._file_plan(run), outcomes.contract_of(self.ctx, run)
        staged = stage_part(self.ctx.objects, run, chunk, file_plan, contract, self.ctx.clock)
        found = {"rows": staged.read, "rejects": staged.rejected, "seconds": staged.seconds}
        self.ctx.note("staged", {"run": run.run_id, "object": run.object, "chunk": chunk.number, **found})
        return self.ctx.chunks.finish(staged)

    def _file_plan(self, run: Run) -> FilePlan:
        return FilePlan.from_json(self.ctx.objects.get(run.source.bucket, keys.plan(run)))

    # ---- seal: all chunks in, the chain fits, the books balance -----------------------------------------------------

    def seal(self, run: Run) -> Run | None:
        """Send the chunks that are not staged yet. Once all are, prove the cuts, balance, write rejects and manifest.

        Return None while chunks are missing or are staged again. Raises Rejected, Broken, Retryable.
        """
        file_plan = self._file_plan(run)
        records = {c.number: c for c in self.ctx.chunks.of_run(run.run_id, run.generation)}
        tasks = [chunk_task(run, file_plan, n, records.get(n)) for n in range(1, run.chunks + 1)]
        chunks = [c for _, c in sorted(records.items()) if c.state is ChunkState.STAGED]
        if len(chunks) < run.chunks:
            self._raise_if_lost(run)
            staged = {c.number for c in chunks}
            self.ctx.queue.send_chunks([t for t in tasks if t.number not in staged])
            self.ctx.runs.change(run)  # it has moved: the sweep need not send them again before `stuck_seconds`
            return None
        if wrong := first_gap(file_plan, chunks):
            chunk, start = wrong
            refuse_more_wrong_cuts(run, self.ctx.settings.max_reopened_chunks)
            self.ctx.chunks.reopen(chunk, start)
            self.ctx.queue.send_chunks([replace(tasks[chunk.number - 1], start=start)])
            return None
        books, contract = sealed_books(file_plan, chunks), outcomes.contract_of(self.ctx, run)
        publish(self.ctx.objects, run, file_plan, chunks)
        sums, counts = [chunk.sums for chunk in chunks], books["counts"]
        refuse_wrong_books(contract.as_read, file_plan.totals, sums, books, accepted=bool(run.accepted_by))
        books["window_ends"] = window_of(self.ctx, run)
        sealed = self.ctx.runs.change(run, **books)
        found = {"rows": counts.read, "rejects": counts.rejected}
        self.ctx.note("sealed", {"run": run.run_id, "object": run.object, **found})
        return sealed

    def _raise_if_lost(self, run: Run) -> None:
        """Give up on chunks after `give_up_hours`: a lost message leaves no error behind. Raises Broken."""
        now, hours = self.ctx.clock.now(), self.ctx.settings.give_up_hours
        idle = now - run.updated_at >= self.ctx.settings.stuck_seconds
        if idle and now - run.moments.get(RunState.ARRIVED.value, run.arrived_at) > hours * 3600:
            raise Broken(
                f"its chunks were sent again for {hours:g} hours, but not all were staged; read the log of stage_chunk",
                code="CHUNKS_LOST",
            )

    # ---- load: one transaction in the warehouse, of all that wait for the target (loading.py) ------------------------

    def load(self, run: Run) -> Run | None:
        """Enqueue the run for its target and move the target's load on, whichever runs it has.

        Return the run once it is terminal, else None, also while its window is open. Raises ContractChanged, Retryable.
        """
        if run.state is RunState.STAGED and enqueue_in_window(self.ctx, run):
            return None
        self.loader.advance_target(run.target)
        moved = self.ctx.runs.get(run.run_id)
        if moved and moved.cancel_requested and moved.state is RunState.LOADING:
            outcomes.stop(self.ctx, moved)
        return moved if moved and moved.state.terminal else None

    # ---- archive, notify --------------------------------------------------------------------------------------------

    def archive(self, run: Run) -> Run | None:
        """Copy the source, verify the copy, then delete the source. Entered again after the delete, find the copy.

        If S3 refuses for good, notify of the success all the same. The sweep tries to archive again.
        """
        try:
            key = archived(self.ctx, run)
        except Refused as refused:
            self.ctx.note("archive_failed", {"run": run.run_id, "object": run.object, "error": refused.message})
            if not run.notified:
                self.notify(run)
            return None
        return self.ctx.runs.change(run, archive_key=key)

    def archive_again(self, run: Run) -> None:
        """Archive a second drop of a loaded file; else each scan would list it. Raises Conflict."""
        outcomes.enqueue(self.ctx, self.ctx.runs.change(run, archive_key=""))

    def update_parent(self, run: Run) -> Run:
        """Update the books of the file that the corrected rows come from. The rows stay where they are."""
        update_books(self.ctx, run)
        return self.ctx.runs.change(run, parent_updated=True)

    def notify(self, run: Run) -> Run:
        """Notify the business of success and support of all else. Recorded after it was sent: sent at least once."""
        if run.state is RunState.UNROUTED and not outcomes.notice_allowed(self.ctx):
            self.ctx.note("not_announced", {"run": run.run_id, "state": run.state.value})
            return self.ctx.runs.change(run, notified=True)
        publish = self.ctx.notifier.success if run.state is RunState.LOADED else self.ctx.notifier.failure
        publish(notice(run))
        return self.ctx.runs.change(run, notified=True)
