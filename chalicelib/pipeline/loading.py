"""The load of a target: gather who waits, ask for one transaction, settle what became of it. One group at a time.

A run that is STAGED waits in its target's line. Whoever comes first takes the runs that wait and fit together as a
group; those that come meanwhile are the next group. So a thousand small files are a few transactions, and a file waits
for two loads as long as all that wait fit one group. Any worker that comes by moves the group on; nobody owns it.

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
from chalicelib.domain.run.group import Gathering, Group, GroupState, Member
from chalicelib.domain.run.lifecycle import after_failed_load
from chalicelib.domain.run.model import LedgerRow, Outcome, Run, RunState
from chalicelib.domain.run.pauses import pause
from chalicelib.errors import Broken, LandfallError, LoadStopped, Retryable
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.load_faults import failure_of, load_failed
from chalicelib.pipeline.load_orders import order_of
from chalicelib.ports import Conflict, StatementState

LEASE_SECONDS = 20.0
"""A worker that has a group in hand is left alone with it for so long: less than a message stays with its worker."""
LOOK_AT_ONCE = 100
"""Runs in line that are read together."""
SECOND_LOOK_SECONDS = 60
"""A submitted load is looked at again after this long, should the warehouse's event get lost."""
LOOKS = 2
"""Of the runs that wait, so many times as a group may have are looked at, should they not fit together."""


@dataclass(frozen=True, kw_only=True)
class Loader:
    """What is done for a target, whichever run's message led to it."""

    ctx: Context

    def advance_target(self, target: str) -> None:
        """Move the target's load on until the warehouse has to act or nobody waits. Raises Retryable.

        Whatever holds a load up is no fault of the run whose message led here: no error of it may end that run.
        """
        try:
            while self._move(target):
                pass
        except Conflict:
            return  # another worker moves this group on
        except Broken as refused:
            raise Retryable(f"the load of {target} is delayed: {refused.message}") from refused

    def _move(self, target: str) -> bool:
        """Take the target's group one step on. Whether it is over, so that the next may follow."""
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
        """Do a step of a group that this worker holds, and let it go if that fails, for the next try to take it up.

        Holding only saves work: a hundred workers that come by would do the same step. A worker that is killed lets
        the group go after LEASE_SECONDS, which is before its message is seen again.
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
        """Give the target's place to the runs that wait. None if nobody waits, more are awaited, or it is taken."""
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
        """For how many seconds more files are awaited before these are loaded.

        A file that comes alone is loaded at once; so are as many as may be. Otherwise they are being poured in, and the
        one that waits longest waits for the others, but not for ever.
        """
        if len(runs) == 1 or len(runs) >= self._most(runs[0]):
            return 0.0
        since = min(run.moments.get(RunState.STAGED.value, 0.0) for run in runs)
        return max(0.0, since + self.ctx.settings.group_seconds - self.ctx.clock.now())

    def _fitting(self, target: str) -> list[Run]:
        """The run that waits longest, and others that one COPY can take with it. What waits for nothing is let go."""
        gathering = Gathering(most_bytes=int(self.ctx.settings.group_mb * 1_000_000))
        for run in self._waiting(target):
            if run.state is not RunState.STAGED or run.target != target:
                self.ctx.load_queue.remove(target, [run])
            elif (
                self._contract_unchanged(run)
                and gathering.take(run)
                and len(gathering.runs) >= self._most(gathering.runs[0])
            ):
                break
        return gathering.runs

    def _waiting(self, target: str) -> Iterator[Run]:
        """Those who wait longest, with their records as they are now."""
        ids = list(islice(self.ctx.load_queue.waiting(target), LOOKS * self.ctx.settings.group_files))
        for first in range(0, len(ids), LOOK_AT_ONCE):
            yield from self.ctx.runs.get_many(ids[first : first + LOOK_AT_ONCE])

    def _contract_unchanged(self, run: Run) -> bool:
        """Whether the contract is still the one the run was staged by; else its own message starts it over."""
        contract = self.ctx.contracts.get(run.object)
        return contract is not None and contract.fingerprint == run.fingerprint

    def _most(self, run: Run) -> int:
        """The most runs of a group with this one. Rows without a mark, snapshots and corrections go alone."""
        contract = self.ctx.contracts[run.object]
        alone = not contract.lineage or contract.delivery is Delivery.SNAPSHOT or run.corrects
        return 1 if alone else run.max_group_size or self.ctx.settings.group_files

    # ---- ask --------------------------------------------------------------------------------------------------------

    def _submit(self, group: Group) -> bool:
        """Ask for the transaction; its end comes as an event, or the second look finds it. Whether the group is over.

        That it is asked for is recorded first. So if the record is there but no statement id, somebody asked and died
        before the answer: the same token is used again. The warehouse may have forgotten it, and a refusal now does not
        mean that nothing is running: such a group is fenced before it is given up.
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
            group = self.ctx.load_queue.change(
                group, members=members, submitted_at=self.ctx.clock.now(), state=GroupState.SUBMITTING
            )
        try:
            statement = self.ctx.warehouse.submit(
                order_of(self.ctx, group, runs), token=group.group_id, name=runs[0].run_id
            )
        except Broken as refused:
            until = self.ctx.clock.now() + LEASE_SECONDS
            state = GroupState.SUBMITTING if submitted_before else GroupState.REFUSED
            group = self.ctx.load_queue.change(group, lease_until=until, state=state)  # no worker has asked meanwhile
            return self._end_group(group, runs, self._final_ledger(group, runs) if submitted_before else {}, refused)
        self.ctx.note("submitted", {"group": group.group_id, "object": runs[0].object, "runs": len(runs)})
        state = GroupState.DOUBTFUL if submitted_before else GroupState.SUBMITTED
        self.ctx.queue.send_run(runs[0].run_id, delay=SECOND_LOOK_SECONDS)
        self.ctx.load_queue.change(group, statement_id=statement, lease_until=0.0, state=state)
        return False

    def _return_members(self, group: Group) -> bool:
        """Let the members of a group that was refused wait for another; whoever was told why is gone, or slow.

        worker 1: is refused, ends runs one by one | worker 2: asks again, may now, and all are loaded
        """
        runs = [run for member, run in self._members(group) if member.holds(run)]
        return self._end_group(
            group,
            runs,
            {},
            LoadStopped("the warehouse refused the load, and the worker that received the refusal stopped"),
        )

    def _members(self, group: Group) -> list[tuple[Member, Run]]:
        """The members with their runs as they are now."""
        by_id = {member.run_id: member for member in group.members}
        return [(by_id[run.run_id], run) for run in self.ctx.runs.get_many(tuple(by_id))]

    def _admitted(self, member: Member, seen: Run) -> Run | None:
        """The member's run, LOADING from now on; None if it was rerun or ended since it was gathered."""
        run: Run | None = seen
        if run and run.state is RunState.STAGED and Member.of(run) == member:
            try:
                return self.ctx.runs.change(run, state=RunState.LOADING, load_attempt=member.attempt)
            except Conflict:
                run = self.ctx.runs.get(member.run_id)
        return run if run and member.holds(run) else None

    # ---- settle: what does the ledger say? --------------------------------------------------------------------------

    def _ended(self, group: Group) -> bool:
        """Whether the warehouse is done with the group's statement; one that takes too long is cancelled."""
        running = self.ctx.warehouse.describe(group.statement_id).state is StatementState.RUNNING
        if running and self.ctx.clock.now() - group.submitted_at > self.ctx.settings.load_timeout_seconds:
            self.ctx.warehouse.cancel(group.statement_id)
        return not running

    def _settle(self, group: Group) -> bool:
        """Learn how the statement ended; in doubt the ledger decides, not the statement. Whether the group is over."""
        statement = self.ctx.warehouse.describe(group.statement_id)
        runs = [run for member, run in self._members(group) if member.holds(run)]
        # Of any other statement the commit may still be on its way.
        over = statement.failed_for_good or statement.state is StatementState.FINISHED
        rows = self._ledger(runs) if group.state is GroupState.SUBMITTED and over else self._final_ledger(group, runs)
        return self._end_group(group, runs, rows, failure_of(statement))

    def _ledger(self, runs: Sequence[Run]) -> dict[str, LedgerRow]:
        return self.ctx.warehouse.ledger([run.load_id for run in runs]) if runs else {}

    def _final_ledger(self, group: Group, runs: Sequence[Run]) -> dict[str, LedgerRow]:
        """What the ledger has of them once nothing more can come of this group. Raises Retryable while it still may.

        statement 1: asked for, its answer lost | asked for again, the token is forgotten: statement 2
        somebody cancels, statement 2 is aborted | the ledger has nothing, and statement 1 would commit later
        """
        rows = self._ledger(runs)
        if len(rows) == len(runs):
            return rows
        self.ctx.load_queue.change(
            group, lease_until=self.ctx.clock.now() + LEASE_SECONDS
        )  # for one worker at a time: it may wait
        self.ctx.warehouse.fence(group.target, group.group_id)
        return self._ledger(runs)

    def _end_group(
        self, group: Group, runs: Sequence[Run], rows: Mapping[str, LedgerRow], failure: LandfallError
    ) -> bool:
        """End what is in the ledger, let the rest wait again or end, and give up the target's place.

        The first member comes last: messages about the load name it, and as long as it is LOADING they lead back here.
        """
        runs = list(reversed(runs))
        left = [run for run in runs if run.load_id not in rows]
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
            self.ctx.note("loaded", _loaded_fields(run, state, row))

    def _waits_again(self, group: Group, run: Run, failure: LandfallError) -> bool:
        """What becomes of a run whose load had no effect. Whether it waits for another one. Raises Retryable."""
        if run.cancel_requested:
            with suppress(Conflict):
                outcomes.cancelled(self.ctx, run)
            return False
        changes = after_failed_load(run, failure, len(group.members), self.ctx.settings.max_load_attempts)
        if changes is None:
            outcomes.fail(self.ctx, run, load_failed(self.ctx, run, failure))
            return False
        changes["state"] = RunState.STAGED
        seconds = pause(self.ctx.settings.backoff_seconds, changes["failed_loads"]) if "failed_loads" in changes else 0
        with suppress(Conflict):
            again = self.ctx.runs.change(run, **changes)
            self.ctx.load_queue.enqueue(group.target, again, self.ctx.clock.now() + seconds if seconds else 0.0)
            self.ctx.queue.send_run(run.run_id, delay=seconds)
        return True

    def _wake(self, group: Group) -> None:
        """Have the members that ended archived and told, also those that ended in a try before this one."""
        self.ctx.queue.send_runs(
            [run.run_id for _, run in self._members(group) if run.state.terminal and not run.finished]
        )


def _loaded_fields(run: Run, state: RunState, row: LedgerRow) -> dict[str, str | int]:
    """What logs and metrics get to know of a run that the ledger has."""
    loaded = state is RunState.LOADED
    counted = {"loaded": int(loaded), "with_rejects": int(loaded and run.counts.rejected > 0), "rows": row.staged}
    return {"run": run.run_id, "object": run.object, "state": state.value, **counted}
