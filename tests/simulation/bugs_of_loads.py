"""Planted bugs of loads, and of what is loaded together."""

from __future__ import annotations

from tests.simulation.cuts import (
    FRESH_TOKEN,
    GONE_IS_OVER,
    GROUP,
    HANDLERS,
    LIFECYCLE,
    LINE,
    LOAD_FAULTS,
    LOAD_ORDERS,
    LOADING,
    MERGE,
    MODEL,
    NO_FENCE,
    NO_LEDGER,
    NO_LOOK_AHEAD,
    NO_SWEEP,
    OUTCOMES,
    PIPELINE,
    WAREHOUSE,
    WINDOWS,
    bug,
)

OF_LOADS = (
    bug("no ledger, and a fresh token each time", NO_LEDGER, FRESH_TOKEN),
    bug(
        "LOADED as soon as the statement ended",
        (
            LOADING,
            "return self._end_group(group, runs, rows, failure_of(self.ctx, statement, runs))",
            "rows = {r.load_id: LedgerRow(load_id=r.load_id, outcome=Outcome.LOADED, staged=0, duplicate=0, "
            "inserted=r.counts.good, updated=0, unchanged=0, superseded=0) for r in runs}\n"
            "        return self._end_group(group, runs, rows, failure_of(self.ctx, statement, runs))",
        ),
    ),
    bug(
        "status before the transaction",
        (
            LOADING,
            "state=RunState.LOADING, load_attempt=member.attempt",
            "state=RunState.LOADED, load_attempt=member.attempt",
        ),
        (LIFECYCLE, "S.STAGED: frozenset({S.LOADING,", "S.STAGED: frozenset({S.LOADED, S.LOADING,"),
    ),
    bug(
        "rows that cannot be inserted are not left to COPY",
        (WAREHOUSE, "if order.direct and self._stages(order):", "if order.direct:"),
    ),
    bug(
        "a direct load whose connection broke is taken for one that failed",
        (
            WAREHOUSE,
            'raise Retryable("the connection to the warehouse broke")',
            "return Statement(statement_id=statement.statement_id, state=StatementState.FAILED)",
        ),
    ),
    bug("a load asked for twice is given up while the first may still commit", NO_FENCE),
    bug("a statement that the warehouse does not know is taken for one that is over", GONE_IS_OVER),
    bug("an unknown answer fails the run", (LIFECYCLE, "return isinstance(error, Retryable) and", "return False and")),
    bug(
        "a refusal in LOADING ends the run, whosever it is",
        (OUTCOMES, "others = run.state in (RunState.STAGED, RunState.LOADING) and not", "others = False and not"),
        (LOADING, 'raise Retryable(f"the load of {target} is delayed: {refused.message}") from refused', "raise"),
    ),
    bug("no sweep, and no second look", NO_SWEEP, *NO_LOOK_AHEAD),
    bug(
        "silent dead letters, and no sweep",
        NO_SWEEP,
        (HANDLERS, "    match work:", "    match None:"),
    ),
    bug(
        "a message is answered before its work, and no sweep",
        NO_SWEEP,
        (HANDLERS, "        if isinstance(error, LandfallError):\n            raise\n", "        return\n"),
    ),
    bug("an older file overwrites a newer", (MERGE, '        return "superseded"\n', '        return "updated"\n')),
    bug("files have no age", (MODEL, 'return f"{self.source.last_modified:017.3f}#{sequencer}"', 'return "0"')),
    bug(
        "a key twice is merged although the contract forbids it",
        (WAREHOUSE, "            raise LoadFailedError(refused)\n", "            pass\n"),
    ),
    bug(
        "a contract is loaded into a table that is narrower",
        (WAREHOUSE, "            raise LoadFailedError(ahead_of_table)\n", "            pass\n"),
    ),
    bug(
        "a statement that is stuck is never cancelled",
        (
            LOADING,
            "            self.ctx.warehouse.cancel(group.statement_id)\n        return not running",
            "            pass\n        return not running",
        ),
    ),
    bug(
        "what the warehouse forgot has failed for good",
        (
            LOAD_FAULTS,
            "if statement.failed_for_good:",
            "if not statement.retryable:",
        ),
    ),
    bug(
        "a passing failure is the end",
        (
            LIFECYCLE,
            'return {"failed_loads": run.failed_loads + 1} if run.failed_loads + 1 < most else None',
            "return None",
        ),
    ),
    bug(
        "success is notified of a failure",
        (PIPELINE, " if run.state is RunState.LOADED else self.ctx.notifier.failure", ""),
    ),
    bug(
        "notified before it is true",
        (
            LOADING,
            '        self.ctx.note("submitted"',
            "        from chalicelib.domain.notices import notice\n\n        "
            'self.ctx.notifier.success(notice(runs[0]))\n        self.ctx.note("submitted"',
        ),
    ),
    bug(
        "notified is recorded before it is sent",
        (
            PIPELINE,
            "        publish(notice(run))\n        return self.ctx.runs.change(run, notified=True)",
            "        run = self.ctx.runs.change(run, notified=True)\n        publish(notice(run))\n        return run",
        ),
    ),
)

OF_GROUPS = (
    bug(
        "a group's failure ends all its runs",
        (LIFECYCLE, 'return {"max_group_size": (size + 1) // 2} if size > 1 and not lasting else None', "return None"),
    ),
    bug(
        "a group that failed is submitted again as it is",
        (LIFECYCLE, '{"max_group_size": (size + 1) // 2}', '{"max_group_size": size}'),
    ),
    bug(
        "a run whose load failed is not enqueued",
        (
            LOADING,
            "            self.ctx.load_queue.enqueue(group.target, again, "
            "self.ctx.clock.now() + seconds if seconds else 0.0)\n",
            "",
        ),
        (
            WINDOWS,
            "    ctx.load_queue.enqueue(run.target, run, ends)\n",
            "    if not run.load_attempt:\n        ctx.load_queue.enqueue(run.target, run, ends)\n",
        ),
    ),
    bug(
        "the slot is never released",
        (
            LOADING,
            "        self.ctx.load_queue.release(group)\n        return True\n\n    def _loaded",
            "        return True\n\n    def _loaded",
        ),
    ),
    bug(
        "two groups have the slot at once",
        (
            LINE,
            "return self.groups.setdefault(group.target, group) == group",
            "self.groups[group.target] = group\n        return True",
        ),
    ),
    bug(
        "who is in a group changes after it was asked for, and no ledger",
        NO_LEDGER,
        (
            LOADING,
            "        if group.state is GroupState.AWAITING:\n"
            "            members = tuple(map(Member.of, self._fitting(group.target)))\n"
            "            group = self.ctx.load_queue.change(group, members=members, state=GroupState.GATHERED)\n",
            "        if group.state is GroupState.AWAITING or submitted_before:\n"
            "            members = (*group.members, *map(Member.of, self._fitting(group.target)))\n"
            "            after = group.state if submitted_before else GroupState.GATHERED\n"
            "            group = self.ctx.load_queue.change(group, members=members, state=after)\n",
        ),
    ),
    bug(
        "all runs have one mark, and nobody looks",
        (MODEL, "return self.load_id[:MARK_LENGTH]", 'return "0" * MARK_LENGTH'),
        (GROUP, "            and run.mark not in self._marks\n", ""),
    ),
    bug(
        "a run gets the books of another in its group",
        (
            LOADING,
            "            if row := rows.get(run.load_id):\n                self._loaded(run, row)",
            "            if run.load_id in rows:\n                self._loaded(run, next(iter(rows.values())))",
        ),
    ),
    bug(
        "only the first of a group is in the ledger",
        (
            WAREHOUSE,
            "for share, row in zip(shares, booked, strict=True):",
            "for share, row in list(zip(shares, booked, strict=True))[:1]:",
        ),
    ),
    bug(
        "a group's manifest names the parts of its first run only",
        (LOAD_ORDERS, "[e for entries in each for e in entries]", "each[0]"),
    ),
    bug(
        "of a group's files the last to arrive wins, not the newest",
        (
            MERGE,
            "    return *_newness(contract, row.values, share.source_order), share.mark, row.offset",
            "    return share.mark, row.offset",
        ),
    ),
    bug(
        "a group that moved on is settled again by a late worker, and attempts are not told apart",
        (LINE, "if self.groups.get(group.target) != group:", "if False:"),
        (
            GROUP,
            "return run.state is RunState.LOADING and (run.generation, run.load_attempt) == "
            "(self.generation, self.attempt)",
            "return run.state is RunState.LOADING",
        ),
        ("chalicelib/adapters/moves.py", '("state", "generation", "load_attempt")}', '("state", "generation")}'),
    ),
    bug(
        "a run that waits for the end of its window gets no message, and no sweep",
        (WINDOWS, "        ctx.queue.send_run(run.run_id, delay=", "        print(end=str())  # ("),
        NO_SWEEP,
    ),
    bug("who ended in a group is not woken, and no sweep", (LOADING, "        self._wake(group)\n", ""), NO_SWEEP),
)
