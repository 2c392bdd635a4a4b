"""The story of a file, top to bottom: arrive, plan, stage, seal, load, settle, archive, tell.

Every step may be entered twice, by two workers at once, or again after a crash at any line; it then does the same
again or finds that it is done. The run's record and the keys in S3 are the only memory. A step returns the run as it
left it, or None when it is the world's turn (chunks to be staged, a statement to end).

Guarantees (docs/guarantees.md): a good row of an accepted file is merged exactly once, because the warehouse's ledger
row is written in the transaction that merges; a run is LOADED only after that row was seen; a source is deleted only
after a verified copy. It does not promise order between files beyond "newer wins", nor that an outcome is told once:
it is told at least once, under a stable id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.config import Settings
from chalicelib.domain import keys, notices
from chalicelib.domain.books import first_problem, misfit, refuse_if_too_bad, totals
from chalicelib.domain.contract import Contract
from chalicelib.domain.contract_file import Contracts
from chalicelib.domain.filing import FilePlan
from chalicelib.domain.model import (
    NOT_KEPT,
    Chunk,
    ChunkState,
    ChunkTask,
    Outcome,
    Problem,
    Run,
    RunState,
    Source,
    run_id,
)
from chalicelib.domain.routing import route
from chalicelib.domain.sql import LoadOrder
from chalicelib.errors import Broken, LandfallError, Refused, Rejected, Retryable, SourceChanged, SourceGone
from chalicelib.ports import Bell, Clock, Conflict, ObjectStore, Queue, RunStore, StatementState, Warehouse
from chalicelib.staging import plan_file, stage_part

SECOND_LOOK_SECONDS = 60
"""A submitted load is looked at again after this long, should the warehouse's event get lost."""

Note = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The steps, and the world they act on."""

    settings: Settings
    contracts: Contracts
    objects: ObjectStore
    runs: RunStore
    warehouse: Warehouse
    queue: Queue
    bell: Bell
    clock: Clock
    note: Note
    """Takes what happened, for logs and metrics: a name and fields without row values."""

    # ---- arrive -----------------------------------------------------------------------------------------------------

    def arrive(self, source: Source) -> Run | None:
        """Turn a landed version into a run, once. The same content of the same key again changes nothing."""
        if source.key.endswith("/") and source.size == 0:
            return None  # a folder, as consoles make them
        newest = self.runs.newest(source.bucket, source.key)
        if newest and newest.etag == source.etag:
            return self._nudge(self.runs.get(newest.run_id))
        known = self.runs.get(run_id(source))
        if known and newest and not source.newer_than(newest.sequencer):
            return self._nudge(known)  # a late double of an older content's event
        run = self._new_run(source, came_back=known is not None)
        if self.runs.create(run):
            self.note("arrived", {"run": run.run_id, "object": run.object, "state": run.state.value})
        return self._nudge(run)

    def _new_run(self, source: Source, *, came_back: bool) -> Run:
        """Content A, then B, then A again is three runs: the last must win, so it cannot share the first one's name."""
        again = (source.sequencer or str(source.last_modified)) if came_back else ""
        found = route(self.contracts, source.key)
        now = self.clock.now()
        state = RunState.ARRIVED if found else RunState.UNROUTED
        return Run(
            run_id=run_id(source, again=again),
            object=found.contract.name if found else "",
            source=source,
            state=state,
            arrived_at=now,
            updated_at=now,
            moments={state.value: now},
            problem=None if found else notices.unrouted(),
        )

    def _nudge(self, run: Run | None) -> Run | None:
        if run and not run.finished:
            self.queue.send_run(run.run_id)
        return run

    # ---- advance: one message moves one run as far as it can go -----------------------------------------------------

    def advance(self, run_id: str) -> None:
        """Move a run on until it is finished or the world has to act. Raises Retryable."""
        run = self.runs.get(run_id)
        while run and (step := self._next(run)):
            try:
                run = step(run)
            except Conflict:
                return  # another worker moved it, and goes on with it
            except LandfallError as error:
                run = self._end(run, error)

    def _next(self, run: Run) -> Callable[[Run], Run | None] | None:
        match run.state:
            case RunState.ARRIVED:
                return self.plan
            case RunState.STAGING:
                return self.seal
            case RunState.STAGED:
                return self.load
            case RunState.LOADING:
                return self.settle if run.statement_id else self.submit
            case RunState.LOADED if not run.archive_key:
                return self.archive
        return None if run.told else self.tell

    def _end(self, run: Run, error: LandfallError) -> Run | None:
        """The error's type says how the run ends; what may pass later is raised, for the message to come back.

        A run in LOADING is not given up here: its statement might still commit. `settle` asks the ledger first.
        """
        age = self.clock.now() - run.moments.get(RunState.ARRIVED.value, run.arrived_at)
        overdue = run.state is not RunState.LOADING and age > self.settings.give_up_hours * 3600
        if run.state.terminal or (isinstance(error, Retryable) and not overdue):
            raise error
        return self.fail(run, error)

    def fail(self, run: Run, error: LandfallError) -> Run | None:
        """End a run with an error: None if another worker has moved it on meanwhile."""
        state = RunState.FAILED
        if run.state in (RunState.ARRIVED, RunState.STAGING):
            state = {Rejected: RunState.REJECTED, SourceChanged: RunState.SUPERSEDED}.get(type(error), state)
        problem = Problem(
            code=error.code, message=error.message, line=error.line, byte_offset=error.byte_offset, column=error.column
        )
        try:
            ended = self.runs.change(run, state=state, problem=problem)
        except Conflict:
            return None
        self.note("ended", {"run": run.run_id, "object": run.object, "state": state.value, "code": error.code})
        return ended

    # ---- plan: cut the file into ranges; no byte is copied ----------------------------------------------------------

    def plan(self, run: Run) -> Run:
        """Check size and header by ranged reads, and write down the ranges. Raises Rejected, SourceGone/Changed."""
        source = self._as_landed(run)
        contract = self.contracts[run.object]
        filed = plan_file(self.objects, source, contract, self.settings)
        self.objects.put(source.bucket, keys.plan(run), filed.to_json())
        planned = self.runs.change(
            run,
            state=RunState.STAGING,
            chunks=len(filed.ranges),
            fingerprint=contract.fingerprint,
            **({"reads": source} if run.reads else {"source": source}),
        )
        self.note("planned", {"run": run.run_id, "object": run.object, "chunks": planned.chunks, "bytes": source.size})
        return planned

    def _as_landed(self, run: Run) -> Source:
        """The version this run is about, with its size and age as the store knows them."""
        wanted = run.reads or run.source
        found = self.objects.head(wanted.bucket, wanted.key, wanted.version_id)
        if found.etag != wanted.etag:
            raise SourceChanged("the file was overwritten before it was read; its newer version has a run of its own")
        return replace(wanted, size=found.size, last_modified=found.last_modified)

    # ---- stage: one chunk, one message ------------------------------------------------------------------------------

    def stage(self, task: ChunkTask) -> None:
        """Check one chunk; its good rows become a part, its bad ones rejects. Raises Retryable."""
        run = self.runs.get(task.run_id)
        if run is None or run.state is not RunState.STAGING or run.generation != task.generation:
            return  # a late double
        if chunk := self.runs.begin_chunk(task):
            try:
                run = self._stage(run, chunk)
            except Retryable:
                raise
            except LandfallError as error:
                self._nudge(self.fail(run, error))
                return
        if run.staged >= run.chunks:
            self.queue.send_run(run.run_id)

    def _stage(self, run: Run, chunk: Chunk) -> Run:
        filed = self._filed(run)
        staged = stage_part(self.objects, run, chunk, filed, self.contracts[run.object], self.clock)
        self.note("staged", {"run": run.run_id, "chunk": chunk.number, "rows": staged.read, "seconds": staged.seconds})
        return self.runs.finish_chunk(staged)

    def _filed(self, run: Run) -> FilePlan:
        return FilePlan.from_json(self.objects.get(run.source.bucket, keys.plan(run)))

    # ---- seal: all chunks in, the chain fits, the books balance -----------------------------------------------------

    def seal(self, run: Run) -> Run | None:
        """Send out what is not staged yet; once all is, prove the cuts, balance, and write rejects and manifest."""
        filed = self._filed(run)
        records = {c.number: c for c in self.runs.chunks(run.run_id, run.generation)}
        tasks = [_task(run, filed, n, records.get(n)) for n in range(1, run.chunks + 1)]
        chunks = [c for _, c in sorted(records.items()) if c.state is ChunkState.STAGED]
        if len(chunks) < run.chunks:
            staged = {c.number for c in chunks}
            self.queue.send_chunks([t for t in tasks if t.number not in staged])
            return None
        if wrong := misfit(filed, chunks):
            chunk, start = wrong
            self.runs.reopen_chunk(chunk, start)
            self.queue.send_chunks([replace(tasks[chunk.number - 1], start=start)])
            return None
        counts = totals(chunks)
        publish_rejects(self.objects, run, filed, chunks)
        refuse_if_too_bad(self.contracts[run.object], counts, first_reject(filed, chunks))
        self._write_manifest(run, chunks)
        sealed = self.runs.change(run, state=RunState.STAGED, counts=counts, problem=first_reject(filed, chunks))
        self.note("sealed", {"run": run.run_id, "object": run.object, "rows": counts.read, "rejects": counts.rejected})
        return sealed

    def _write_manifest(self, run: Run, chunks: list[Chunk]) -> None:
        bucket = run.source.bucket
        entries = [{"url": f"s3://{bucket}/{c.part}", "mandatory": True} for c in chunks if c.part]
        self.objects.put(bucket, keys.manifest(run), json.dumps({"entries": entries}).encode())

    # ---- load: one transaction in the warehouse ---------------------------------------------------------------------

    def load(self, run: Run) -> Run:
        """Decide on a first attempt. It is recorded before it is made, so a crash between the two repeats it."""
        return self.runs.change(run, state=RunState.LOADING, load_attempt=1, statement_id="")

    def submit(self, run: Run) -> Run:
        """Ask for the transaction; its end comes as an event, or the second look finds it."""
        token = f"{run.load_id}-{run.load_attempt}"
        statement = self.warehouse.submit(self._order(run), token=token, name=run.run_id)
        self.note("submitted", {"run": run.run_id, "object": run.object, "attempt": run.load_attempt})
        self.queue.send_run(run.run_id, delay=SECOND_LOOK_SECONDS)
        return self.runs.change(run, statement_id=statement, submitted_at=self.clock.now())

    def _order(self, run: Run) -> LoadOrder:
        return LoadOrder(
            contract=self.contracts[run.object],
            columns=self._filed(run).columns,
            load_id=run.load_id,
            run_id=run.run_id,
            source_order=run.source_order,
            bucket=run.source.bucket,
            key=run.source.key,
            rows_read=run.counts.read,
            rows_good=run.counts.good,
            rows_rejected=run.counts.rejected,
            manifest=f"s3://{run.source.bucket}/{keys.manifest(run)}" if run.counts.good else "",
            iam_role=self.settings.copy_role,
        )

    # ---- settle: what does the ledger say? --------------------------------------------------------------------------

    def settle(self, run: Run) -> Run | None:
        """Learn how the statement ended. In doubt the ledger decides, never the statement. Raises Refused."""
        statement = self.warehouse.describe(run.statement_id)
        if statement.state is StatementState.RUNNING:
            if self.clock.now() - run.submitted_at > self.settings.load_timeout_seconds:
                self.warehouse.cancel(run.statement_id)
            return None
        if row := self.warehouse.ledger(run.load_id):
            return self._loaded(run, row)
        if statement.state is StatementState.FAILED and not statement.retryable:
            raise Refused(statement.error, code="LOAD_FAILED")
        if run.load_attempt >= self.settings.max_load_attempts:
            raise Refused(f"the load failed {run.load_attempt} times: {statement.error}", code="LOAD_FAILED")
        self.runs.change(run, load_attempt=run.load_attempt + 1, statement_id="")
        self.queue.send_run(run.run_id, delay=backoff(self.settings, run.load_attempt))
        return None

    def _loaded(self, run: Run, row: LedgerRow) -> Run:
        counts = replace(
            run.counts,
            duplicate=row.duplicate,
            inserted=row.inserted,
            updated=row.updated,
            unchanged=row.unchanged,
            superseded=row.superseded,
        )
        state = RunState.LOADED if row.outcome is Outcome.LOADED else RunState.SUPERSEDED
        self.note("loaded", {"run": run.run_id, "object": run.object, "state": state.value, "rows": row.staged})
        return self.runs.change(run, state=state, counts=counts)

    # ---- archive, tell ----------------------------------------------------------------------------------------------

    def archive(self, run: Run) -> Run:
        """Copy the source, verify, then delete it. Entered again after the delete, it finds the copy."""
        key = keys.archive(run)
        try:
            self.objects.copy(run.source, key)
        except (SourceGone, SourceChanged):
            key = key if self._exists(run.source.bucket, key) else NOT_KEPT
        else:
            self.objects.delete(run.source)
        return self.runs.change(run, archive_key=key)

    def _exists(self, bucket: str, key: str) -> bool:
        try:
            self.objects.head(bucket, key)
        except SourceGone:
            return False
        return True

    def tell(self, run: Run) -> Run:
        """Success to the business, all else to support; recorded after it was sent, so it is sent at least once."""
        ring = self.bell.success if run.state is RunState.LOADED else self.bell.failure
        ring(notices.notice(run))
        return self.runs.change(run, told=True)


def _task(run: Run, filed: FilePlan, number: int, record: Chunk | None) -> ChunkTask:
    """The message for a chunk: as planned, or from where its record was moved to."""
    planned = filed.ranges[number - 1]
    start = record.start if record else planned.start
    return ChunkTask(run_id=run.run_id, generation=run.generation, number=number, start=start, stop=planned.stop)
