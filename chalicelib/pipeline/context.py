"""What the story acts on, and what becomes of a run when something is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.config import Settings
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.file.books import UNBALANCED
from chalicelib.domain.file.corrections import as_corrected
from chalicelib.domain.run.lifecycle import ending, may_pass, new_generation, problem_of
from chalicelib.domain.run.model import Problem, Run, RunState
from chalicelib.domain.run.pauses import pause
from chalicelib.errors import ContractChanged, LandfallError, SourceChanged, SourceGone
from chalicelib.ports import Clock, Conflict, LoadQueue, Notifier, ObjectStore, Queue, RunStore, Warehouse

OVERWRITTEN = "the file was overwritten before it was read; its newer version has a run of its own"

STOPPED = Problem(
    code="CANCELLED", message="somebody cancelled it; nothing of this load is in the target, and it may be run again"
)

Note = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Context:
    """The ports, the agreements and the settings."""

    settings: Settings
    contracts: Contracts
    objects: ObjectStore
    runs: RunStore
    warehouse: Warehouse
    load_queue: LoadQueue
    queue: Queue
    notifier: Notifier
    clock: Clock
    note: Note
    """Takes what happened, for logs and metrics: a name and fields without row values."""

    def contract_of(self, run: Run) -> Contract:
        """The contract that a run is checked by, from its plan to its load one and the same. Raises ContractChanged.

        worker of yesterday: stages chunk 1 by the old rules | worker of today: would stage chunk 2 by the new ones
        """
        contract = self.contracts.get(run.object)
        if contract is None:
            raise ContractChanged(
                f"there is no contract {run.object} any more; deploy it again, then run the file again"
            )
        if run.state is not RunState.ARRIVED and run.fingerprint != contract.fingerprint:
            raise ContractChanged("the contract was changed while the file was being loaded; run it again")
        return as_corrected(contract) if run.corrects else contract

    def enqueue(self, run: Run | None) -> Run | None:
        """Ask for a run to be moved on, unless nothing is left to do."""
        if run and not run.finished:
            self.queue.send_run(run.run_id)
        return run

    def end(self, run: Run, error: LandfallError) -> Run | None:
        """The error's type says how the run ends; what may pass later is raised, for the message to come back.

        A run that waits for its load, or is in it, is ended by that load alone (loading.py): when the ledger was asked
        and no statement can commit any more. What is raised here may be the fault of a load it is not in.
        """
        passing = may_pass(run, error, self.clock.now(), self.settings.give_up_hours)
        others = run.state in (RunState.STAGED, RunState.LOADING) and not isinstance(error, ContractChanged)
        if run.state.terminal or passing or others:
            raise error
        return self.fail(run, error)

    def fail(self, run: Run, error: LandfallError) -> Run | None:
        """End a run with an error, or start it over: None if another worker has moved it on meanwhile."""
        if isinstance(error, SourceGone) and self._replaced(run):
            error = SourceChanged(OVERWRITTEN)
        over = isinstance(error, ContractChanged) and run.object in self.contracts and run.state is not RunState.LOADING
        changes = new_generation(run, self.clock.now()) if over else _ended(run, error)
        try:
            changed = self.runs.change(run, **changes)
        except Conflict:
            return None
        what = "started_over" if over else "ended"
        counted = {"failed": int(changed.state is RunState.FAILED), "unbalanced": int(error.code == UNBALANCED)}
        named = {"run": run.run_id, "object": run.object, "state": changed.state.value, "code": error.code}
        self.note(what, {**named, **counted})
        return changed

    def cancelled(self, run: Run) -> Run:
        """End a run that somebody wants stopped, and tell of it like of any other end. Raises Conflict."""
        ended = self.runs.change(run, state=RunState.CANCELLED, problem=STOPPED)
        self.note("cancelled", {"run": run.run_id, "object": run.object, "state": run.state.value})
        self.enqueue(ended)
        return ended

    def stop(self, run: Run) -> None:
        """Cancel the statement that a cancelled run is in; once it is over, the ledger says what counts.

        If there is no statement yet, or it does not end at once: look again soon. Raises Retryable.
        """
        group = self.load_queue.group(run.target)
        if group and any(member.holds(run) for member in group.members):
            if group.statement_id:
                self.warehouse.cancel(group.statement_id)
            self.queue.send_run(run.run_id, delay=pause(self.settings.backoff_seconds, 1))

    def _replaced(self, run: Run) -> bool:
        newest = self.runs.newest(run.source.bucket, run.source.key)
        return newest is not None and newest.etag != run.source.etag


def _ended(run: Run, error: LandfallError) -> dict[str, Any]:
    return {"state": ending(run.state, error), "problem": problem_of(error)}
