"""The load of a target: gather waiting runs, submit one transaction, settle its outcome. One group at a time.

A STAGED run waits in its target's load queue. The first worker takes the waiting runs that fit together as a group. So
a thousand small files need a few transactions. A file waits for at most two loads while all waiting runs fit one group.
Any worker moves the group on; no worker owns it.

Guarantees (docs/design/guarantees.md): the gate lock and the ledger in the warehouse, not this queue, keep a load from
being done twice. A group whose transaction had no effect gives its runs back: to try again if the failure may pass, in
halves if it may be one file's fault, so that in the end that file fails alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from chalicelib.domain.contract.contract import Delivery
from chalicelib.domain.file.undelivered import is_undelivered
from chalicelib.domain.run.group import Gathering, Group, GroupState, Member
from chalicelib.domain.run.lifecycle import pause
from chalicelib.domain.run.model import LedgerRow, Outcome, Run, RunState
from chalicelib.domain.warehouse.statement import Statement, StatementState
from chalicelib.errors import Broken, LandfallError, LoadFailed, LoadStopped, Rejected, Retryable
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.exporting import request_export
from chalicelib.pipeline.load_faults import changes_after, failure_of
from chalicelib.pipeline.load_orders import gathering_for, ledger_rows, order_of
from chalicelib.ports import Conflict

LEASE_SECONDS = 20.0
"""How long a worker holds a group: shorter than a message stays with its worker."""
LOOK_AT_ONCE = 100
"""Waiting runs that are read together."""
SECOND_LOOK_SECONDS = 60
"""A submitted load is checked again after this long, in case the warehouse's event gets lost."""
LOOKS = 2
"""Groups' worth of waiting runs that are read, because some may not fit together."""


@dataclass(frozen=True, kw_only=True)
class Loader:
    """The load of a target, whichever run's message led to it."""

    ctx: Context

    def advance_target(self, target: str) -> None:
        """Move the target's load on until the warehouse must act or no run waits. Raises Retryable.

        A fault of the load may not belong to the run whose message led here. So no error of the load ends that run.
        """
        try:
            while self._move(target):
                pass
        except Conflict:
            return  # another worker moves this group on
        except Broken as refused:
            raise Retryable(f"the load of {target} is delayed: {refused.message}") from refused

    def _move(self, target: str) -> bool:
        """Move the target's group on by one step. Return whether it has ended, so that the next may follow."""
        group, now = self.ctx.load_queue.group(target), self.ctx.clock.now()
        if group is None:
            group = self._gather(target)
            return group is not None and self._with_lease(group, self._submit)
        if now < group.lease_until <= now + max(LEASE_SECONDS, self.ctx.settings.group_seconds):
            return False
        if group.statement_id and not self._ended(group):
            return False
        held = self.ctx.load_queue.change(group, lease_until=now + LEASE_SECONDS)
        return self._with_lease(held, self._due(held))

    def _due(self, group: Group) -> Callable[[Group], bool]:
        if group.statement_id:
            return self._settle
        return self._return_members if group.state is GroupState.REFUSED else self._submit

    def _with_lease(self, group: Group, step: Callable[[Group], bool]) -> bool:
        """Do a step of a group that this worker holds. Give up the lease if the step fails, for the next try.

        The lease only saves work. A killed worker's lease ends after LEASE_SECONDS, before its message is seen again.
        """
        try:
            return step(group)
        except LandfallError:
            left = self.ctx.load_queue.group(group.target)
            if left and left.lease_until == group.lease_until:
                with suppress(Conflict):
                    self.ctx.load_queue.change(left, lease_until=0.0)
            raise

    # ---- gather -----------------------------------------------------------------------------------------------------

    def _gather(self, target: str) -> Group | None:
        """Claim the target's slot for the waiting runs. None if no run waits, more are awaited, or it is taken."""
        runs, now = self._fitting(target), self.ctx.clock.now()
        if not runs:
            return None
        more = self._seconds_to_gather(runs)
        members = () if more else tuple(map(Member.of, runs))
        self.ctx.queue.send_run(runs[0].run_id, delay=math.ceil(more) + 1 if more else SECOND_LOOK_SECONDS)
        state = GroupState.AWAITING if more else GroupState.GATHERED
        group = Group(target=target, members=members, lease_until=now + (more or LEASE_SECONDS), state=state)
        return group if self.ctx.load_queue.claim(group) and members else None

    def _seconds_to_gather(self, runs: Sequence[Run]) -> float:
        """Return the seconds to wait for more files before these are loaded.

        Zero for a single file or a full group. Otherwise the oldest run waits for the others, up to `group_seconds`.
        """
        if len(runs) == 1 or len(runs) >= self._most(runs[0]):
            return 0.0
        since = min(run.moments.get(RunState.STAGED.value, 0.0) for run in runs)
        return max(0.0, since + self.ctx.settings.group_seconds - self.ctx.clock.now())

    def _fitting(self, target: str) -> list[Run]:
        """Return the run that waits longest, and runs that fit its COPY. Remove runs with no load to wait for."""
        gathering: Gathering | None = None
        for run in self._waiting(target):
            if run.state is not RunState.STAGED or run.target != target:
                self.ctx.load_queue.remove(target, [run])
            elif self._contract_unchanged(run):
                gathering = gathering or gathering_for(self.ctx, run)
                if gathering.take(run) and len(gathering.runs) >= self._most(gathering.runs[0]):
                    break
        return gathering.runs if gathering else []

    def _waiting(self, target: str) -> Iterator[Run]:
        """Yield the runs that wait longest, with their records as they are now."""
        ids = list(islice(self.ctx.load_queue.waiting(target), LOOKS * self.ctx.settings.group_files))
        for first in range(0, len(ids), LOOK_AT_ONCE):
            yield from self.ctx.runs.get_many(ids[first : first + LOOK_AT_ONCE])

    def _contract_unchanged(self, run: Run) -> bool:
        """Return whether the run's contract is unchanged since staging; otherwise the run's own message restarts it."""
        contract = self.ctx.contracts.get(run.object)
        return contract is not None and contract.fingerprint == run.fingerprint

    def _most(self, run: Run) -> int:
        """Return the most runs of a group with this one. What is not read and loaded as other files are loads alone."""
        contract = self.ctx.contracts[run.object]
        other = run.corrects or is_undelivered(contract, run.source.key)
        alone = not contract.lineage or contract.delivery is Delivery.SNAPSHOT or other
        return 1 if alone else run.max_group_size or self.ctx.settings.group_files

    # ---- submit -----------------------------------------------------------------------------------------------------

    def _submit(self, group: Group) -> bool:
        """Submit the transaction. Its end comes as an event, or the second look finds it. Return whether it has ended.

        The submission is recorded first. A record without a statement id means that a worker died before the answer;
        the same token is used again. The warehouse may have forgotten it, so a refusal now does not prove that nothing
        is running: the group is fenced before it is given up.
        """
        submitted_before = group.state is GroupState.SUBMITTING
        if group.state is GroupState.AWAITING:
            members = tuple(map(Member.of, self._fitting(group.target)))
            group = self.ctx.load_queue.change(group, members=members, state=GroupState.GATHERED)
        seen = [(member, run) for member, run in self._members(group) if run.target == group.target]
        runs = [run for member, was in seen if (run := self._admitted(member, was))]
        if not runs:
            self.ctx.load_queue.release(group)
            return True
        if not submitted_before:
            left = {run.run_id for run in runs}
            members = tuple(member for member in group.members if member.run_id in left)
            now, state = self.ctx.clock.now(), GroupState.SUBMITTING
            group = self.ctx.load_queue.change(group, members=members, submitted_at=now, state=state)
        try:
            order = order_of(self.ctx, group, runs)
            statement = self.ctx.warehouse.submit(order, token=group.group_id, name=runs[0].run_id)
        except Broken as refused:
            until = self.ctx.clock.now() + LEASE_SECONDS
            state = GroupState.SUBMITTING if submitted_before else GroupState.REFUSED
            group = self.ctx.load_queue.change(group, lease_until=until, state=state)  # or another worker submitted
            return self._end_group(group, runs, self._final_ledger(group, runs) if submitted_before else {}, refused)
        fields = {"group": group.group_id, "object": runs[0].object, "runs": len(runs)}
        self.ctx.note("submitted", {**fields, "statement": statement.statement_id})
        state = GroupState.DOUBTFUL if submitted_before else GroupState.SUBMITTED
        self.ctx.queue.send_run(runs[0].run_id, delay=SECOND_LOOK_SECONDS)
        return self._submitted(group, statement, state)

    def _submitted(self, group: Group, statement: Statement, state: GroupState) -> bool:
        """Record the statement, and settle it if it has ended: a direct load's end comes as no event."""
        until = 0.0 if statement.running else self.ctx.clock.now() + LEASE_SECONDS
        group = self.ctx.load_queue.change(group, statement_id=statement.statement_id, lease_until=until, state=state)
        return not statement.running and self._with_lease(group, lambda held: self._settle(held, statement))

    def _return_members(self, group: Group) -> bool:
        """Let the members of a refused group wait for another group. The worker that was refused is gone or slow.

        worker 1: is refused, ends runs one by one | worker 2: submits again, succeeds, and all are loaded
        """
        runs = [run for member, run in self._members(group) if member.holds(run)]
        why = LoadStopped("the warehouse refused the load, and the worker that received the refusal stopped")
        return self._end_group(group, runs, {}, why)

    def _members(self, group: Group) -> list[tuple[Member, Run]]:
        """Return the members with their runs as they are now."""
        by_id = {member.run_id: member for member in group.members}
        return [(by_id[run.run_id], run) for run in self.ctx.runs.get_many(tuple(by_id))]

    def _admitted(self, member: Member, seen: Run) -> Run | None:
        """Return the member's run, LOADING from now on; None if it was rerun or ended after it was gathered."""
        run: Run | None = seen
        if run and run.state is RunState.STAGED and Member.of(run) == member:
            try:
                return self.ctx.runs.change(run, state=RunState.LOADING, load_attempt=member.attempt)
            except Conflict:
                run = self.ctx.runs.get(member.run_id)
        return run if run and member.holds(run) else None

    # ---- settle: the ledger decides ---------------------------------------------------------------------------------

    def _ended(self, group: Group) -> bool:
        """Return whether the group's statement has ended. A statement that takes too long is cancelled."""
        running = self.ctx.warehouse.describe(group.statement_id).running
        if running and self.ctx.clock.now() - group.submitted_at > self.ctx.settings.load_timeout_seconds:
            self.ctx.warehouse.cancel(group.statement_id)
        return not running

    def _settle(self, group: Group, statement: Statement | None = None) -> bool:
        """Settle a group by its statement's end; in doubt the ledger decides. Return whether the group has ended."""
        statement = statement or self.ctx.warehouse.describe(group.statement_id)
        runs = [run for member, run in self._members(group) if member.holds(run)]
        over = statement.failed_for_good or statement.state is StatementState.FINISHED  # others may commit later
        certain = group.state is GroupState.SUBMITTED and over
        rows = ledger_rows(self.ctx, runs) if certain else self._final_ledger(group, runs)
        return self._end_group(group, runs, rows, failure_of(self.ctx, statement, runs))

    def _final_ledger(self, group: Group, runs: Sequence[Run]) -> dict[str, LedgerRow]:
        """Return the runs' ledger rows once no statement of the group can commit any more. Raises Retryable until then.

        statement 1: submitted, its answer lost | submitted again, the token is forgotten: statement 2
        the operator cancels, statement 2 is aborted | the ledger has nothing, and statement 1 would commit later
        """
        rows = ledger_rows(self.ctx, runs)
        if len(rows) == len(runs):
            return rows
        until = self.ctx.clock.now() + LEASE_SECONDS  # one worker at a time: the fence may wait
        self.ctx.load_queue.change(group, lease_until=until)
        self.ctx.warehouse.fence(group.target, group.group_id)
        return ledger_rows(self.ctx, runs)

    def _end_group(
        self, group: Group, runs: Sequence[Run], rows: Mapping[str, LedgerRow], failure: LandfallError
    ) -> bool:
        """End the runs in the ledger, let the others wait again or end, and release the target's slot.

        The first member comes last. Messages about the load name it, and while it is LOADING they lead back here.
        """
        runs = list(reversed(runs))
        left = [run for run in runs if run.load_id not in rows]
        request_export(self.ctx, runs, rows)
        for run in runs:
            if row := rows.get(run.load_id):
                self._loaded(run, row)
        stopped = isinstance(failure, Retryable) and any(run.cancel_requested for run in left)
        why = LoadStopped("another run of the same load was cancelled") if stopped else failure
        last = sorted(left, key=lambda run: run.cancel_requested)  # a worker that dies between leaves the reason behind
        waiting = [run for run in last if self._waits_again(group, run, why)]
        self._wake(group)
        self.ctx.load_queue.remove(group.target, [run for run in runs if run not in waiting])
        for run_id in islice(self.ctx.load_queue.waiting(group.target), 1):
            self.ctx.queue.send_run(run_id, delay=SECOND_LOOK_SECONDS)  # should this worker not come to the next group
        self.ctx.load_queue.release(group)
        return True

    def _loaded(self, run: Run, row: LedgerRow) -> None:
        state = RunState.LOADED if row.outcome is Outcome.LOADED else RunState.SUPERSEDED
        with suppress(Conflict):
            self.ctx.runs.change(run, state=state, counts=run.counts.after(row))
            self.ctx.note("loaded", outcomes.loaded_fields(run, state, row))

    def _waits_again(self, group: Group, run: Run, failure: LandfallError) -> bool:
        """Settle a run whose load had no effect. Return whether it waits for another load. Raises Retryable."""
        if run.cancel_requested:
            with suppress(Conflict):
                outcomes.cancelled(self.ctx, run)
            return False
        try:
            changes = changes_after(self.ctx, run, failure, len(group.members))
        except (LoadFailed, Rejected) as why:
            outcomes.fail(self.ctx, run, why)
            return False
        changes["state"] = RunState.STAGED
        seconds = pause(self.ctx.settings.backoff_seconds, changes["failed_loads"]) if "failed_loads" in changes else 0
        with suppress(Conflict):
            again = self.ctx.runs.change(run, **changes)
            self.ctx.load_queue.enqueue(group.target, again, self.ctx.clock.now() + seconds if seconds else 0.0)
            self.ctx.queue.send_run(run.run_id, delay=seconds)
        return True

    def _wake(self, group: Group) -> None:
        """Enqueue the members that ended, for archive and notice; also those that ended in an earlier try."""
        ended = [run.run_id for _, run in self._members(group) if run.state.terminal and not run.finished]
        self.ctx.queue.send_runs(ended)
