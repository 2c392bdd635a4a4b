"""The export of an object: after a load, one CSV file of its target, for readers of the bucket.

A settled load is counted. Any worker that comes by moves the export on: it submits an UNLOAD to a folder of its own,
and copies the file to the export's key once the UNLOAD has ended. Loads that settle meanwhile share the next export.

Guarantees that a reader of the key gets a whole file, never an older one after a newer, and that the last load is in it
in the end. It does not promise a file for each load. A failed export changes no run: it is tried again, and support is
notified once, until it succeeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.export.progress import LONGEST_PAUSE, ExportProgress, ExportRequests, ExportState
from chalicelib.domain.export.settings import ExportSettings
from chalicelib.domain.run import keys
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.lifecycle import DEAD_LETTER, pause
from chalicelib.domain.run.model import LedgerRow, Outcome, Run, SourceObject
from chalicelib.domain.run.notices import EXPORT_FAILED, export_notice
from chalicelib.domain.warehouse.statement import Statement, StatementState
from chalicelib.domain.warehouse.unload import MOST_BYTES, UnloadOrder, only_header
from chalicelib.errors import Broken, LandfallError, Retryable
from chalicelib.pipeline.context import Context
from chalicelib.ports import Conflict

SECOND_LOOK_SECONDS = 60
"""A submitted UNLOAD is looked at after this long, in case the warehouse's event gets lost."""


def request_export(ctx: Context, runs: Sequence[Run], rows: Mapping[str, LedgerRow]) -> None:
    """Count a load of these runs, before they are LOADED: a worker that is killed between counts it again.

    If the count has changed meanwhile, it was after this load committed. The export of that one has these rows, too.
    """
    if not any(row.outcome is Outcome.LOADED for row in rows.values()):
        return
    contract = ctx.contracts.get(runs[0].object)
    if contract and contract.export:
        name = keys.export_requests(contract.name)
        seen = ctx.bookmarks.get(name)
        ctx.bookmarks.move(name, seen, ExportRequests.read(seen).one_more(runs[0].run_id).text)


def read_export(ctx: Context, object: str) -> Export | None:
    """Return the export of an object as it stands; None if it has none."""
    contract = ctx.contracts.get(object)
    if contract is None or contract.export is None:
        return None
    seen = ctx.bookmarks.get(keys.export_progress(object))
    requests = ExportRequests.read(ctx.bookmarks.get(keys.export_requests(object)))
    return Export(
        ctx=ctx,
        contract=contract,
        settings=contract.export,
        requests=requests,
        progress=ExportProgress.read(seen),
        seen=seen,
    )


def advance_export(ctx: Context, run: Run | None) -> None:
    """Move the export of a run's object on until the warehouse must act or no load is newer. Raises Retryable."""
    with suppress(Conflict):  # another worker moves it on
        while run and (export := read_export(ctx, run.object)) and export.advance(run.run_id):
            pass


@dataclass(kw_only=True)
class Export:
    """An export, with its record as this worker read it."""

    ctx: Context
    contract: Contract
    settings: ExportSettings
    requests: ExportRequests
    progress: ExportProgress
    seen: str
    """The text of the record that is stored."""

    @property
    def url(self) -> str:
        """The s3:// URL of the file."""
        return f"s3://{self.ctx.settings.bucket}/{self.settings.key}"

    @property
    def state(self) -> ExportState:
        return self.progress.state(self.requests)

    @property
    def due(self) -> bool:
        """Whether a load is newer than the file, no worker is at work, and there is no pause."""
        return self.progress.pending(self.requests) and not self.progress.rests(self.ctx.clock.now())

    @property
    def leading_run(self) -> str:
        """The run whose message moves the export on."""
        return self.progress.run_id if self.progress.statement_id else self.requests.run_id

    def change(self, progress: ExportProgress) -> None:
        """Store the record, if it is still the one that was read. Raises Conflict."""
        name, text = keys.export_progress(self.contract.name), progress.text
        if not self.ctx.bookmarks.move(name, self.seen, text):
            raise Conflict(f"another worker moves the export of {self.contract.name} on")
        self.progress, self.seen = progress, text

    def advance(self, run_id: str) -> bool:
        """Take the next step, if it is time for it. Return whether the file was replaced. Raises Conflict, Retryable.

        Many runs end together. Only messages of the run whose name the UNLOAD has look after it.
        """
        if not self.due:
            return False
        try:
            if not self.progress.statement_id:
                self._submit()
            elif run_id == self.progress.run_id:
                return self._settle(self.ctx.warehouse.describe(self.progress.statement_id))
        except LandfallError as error:
            self._failed(error)
        return False

    # ---- the steps --------------------------------------------------------------------------------------------------

    def _submit(self) -> None:
        """Submit an UNLOAD. Its end comes as an event of its run, or the second look or the sweep finds it."""
        self.change(self.progress.claimed(self.requests, self.ctx.clock.now()))
        self._notify_of_kills()
        self.ctx.queue.send_run(self.progress.run_id, delay=SECOND_LOOK_SECONDS)
        statement = self.ctx.warehouse.unload(self._order(), token=self._id, name=self.progress.run_id)
        self.change(self.progress.submitted(statement))

    def _settle(self, statement: Statement) -> bool:
        """Move the file of an UNLOAD that has ended. Return whether it was moved."""
        match statement.state:
            case StatementState.RUNNING:
                if self.ctx.clock.now() - self.progress.taken_at > self.ctx.settings.load_timeout_seconds:
                    self.ctx.warehouse.cancel(statement.statement_id)
                return False
            case StatementState.FINISHED:
                self._move()
                return True
        if statement.failed_for_good:
            raise Broken(f"the warehouse refused the UNLOAD: {statement.error}", code=EXPORT_FAILED)
        raise Retryable(f"the UNLOAD had no effect: {statement.error or statement.state.value}")

    def _move(self) -> None:
        """Replace the file at the export's key by the one in the UNLOAD's folder, then remove that.

        The folder is listed before the lease is taken. So an empty one is not one that another worker has emptied:
        UNLOAD writes no file if there is no row.
        """
        order, bucket, key = self._order(), self.ctx.settings.bucket, self.settings.key
        found = list(self.ctx.objects.list(bucket, keys.unloaded(self.contract.name, self._id)))
        self.change(self.progress.moving(self.ctx.clock.now()))
        if len(found) > 1:
            raise Broken(
                f"the file of the export is larger than the {MOST_BYTES} that UNLOAD writes into one; let its key end"
                " with .csv.zst, or name a view or fewer columns",
                code="EXPORT_TOO_LARGE",
            )
        if found:
            self.ctx.objects.copy(found[0], key)
        else:
            self.ctx.objects.put(bucket, key, only_header(order))
        self.change(self.progress.moved())
        took = {"seconds": round(self.ctx.clock.now() - self.progress.exported_at, 1)}
        self.ctx.note("exported", {"object": self.contract.name, "bytes": sum(file.size for file in found), **took})
        self._remove(found)

    def _remove(self, found: list[SourceObject]) -> None:
        """Remove what was moved. What is left expires."""
        with suppress(LandfallError):
            for file in found:
                self.ctx.objects.delete(file)

    @property
    def _id(self) -> str:
        """The name of the UNLOAD: another for each."""
        return digest("export", self.contract.name, str(self.progress.tried), str(self.progress.taken_at))

    def _order(self) -> UnloadOrder:
        folder = keys.unloaded(self.contract.name, self._id)
        return UnloadOrder(
            contract=self.contract,
            settings=self.settings,
            folder=f"s3://{self.ctx.settings.bucket}/{folder}",
            iam_role=self.ctx.settings.copy_role,
        )

    # ---- failures ---------------------------------------------------------------------------------------------------

    def _notify_of_kills(self) -> None:
        """Notify of an export whose workers were stopped at each try: none of them could."""
        if self.progress.tries > self.ctx.settings.max_attempts and not self.progress.notified:
            fault = "AWS stopped its worker at each try (memory, time, or a crash); read the log of advance_run"
            self._notify(Broken(fault, code=DEAD_LETTER))

    def _failed(self, error: LandfallError) -> None:
        """Record a failure. Support is notified of the first one that will not pass, or that did not pass in time."""
        tries = self.progress.tries
        self.ctx.note("export_failed", {"object": self.contract.name, "code": error.code, "tries": tries})
        lasts = tries >= self.ctx.settings.max_attempts or not isinstance(error, Retryable)
        if lasts and not self.progress.notified:
            self._notify(error)
        seconds = min(pause(self.ctx.settings.backoff_seconds, max(tries, 1)), LONGEST_PAUSE)
        self.change(self.progress.failed(error.code, error.message, self.ctx.clock.now() + seconds))
        self.ctx.queue.send_run(self.progress.run_id, delay=int(seconds))

    def _notify(self, error: LandfallError) -> None:
        self.ctx.notifier.failure(export_notice(self.contract.name, self.url, self.progress, error))
        self.change(self.progress.was_notified())
