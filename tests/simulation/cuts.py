"""What a planted bug is: a text or two to be replaced in the real code (planted.py), and the nets that are often cut.

Where two safety nets back each other up, both are cut: its name says so.
"""

from __future__ import annotations

from dataclasses import dataclass

ARCHIVING = "chalicelib/pipeline/archiving.py"
PIPELINE = "chalicelib/pipeline/pipeline.py"
LOADING = "chalicelib/pipeline/loading.py"
WINDOWS = "chalicelib/pipeline/load_windows.py"
LOAD_FAULTS = "chalicelib/pipeline/load_faults.py"
LOAD_ORDERS = "chalicelib/pipeline/load_orders.py"
REFUSED = "chalicelib/pipeline/refused/rounds.py"
REFUSED_PARTS = "chalicelib/pipeline/refused/staged_part.py"
OUTCOMES = "chalicelib/pipeline/outcomes.py"
WAREHOUSE = "chalicelib/adapters/memory/warehouse.py"
MERGE = "chalicelib/adapters/memory/merge.py"
RUNS = "chalicelib/adapters/memory/runs.py"
CHUNKS = "chalicelib/adapters/memory/chunks.py"
LINE = "chalicelib/adapters/memory/load_queue.py"
OBJECTS = "chalicelib/adapters/memory/objects.py"
HANDLERS = "chalicelib/orchestration/sqs.py"
FAILURES = "chalicelib/orchestration/failures.py"
EXECUTIONS = "chalicelib/orchestration/executions.py"
STEPS = "chalicelib/orchestration/step_functions.py"
OWN_MESSAGES = "chalicelib/orchestration/own_messages.py"
MACHINE = "infra/statemachine.asl.json"
SWEEP = "chalicelib/pipeline/sweep.py"
SIDE_FILES = "chalicelib/pipeline/side_files.py"
LANDING = "chalicelib/pipeline/landing_scan.py"
MODEL = "chalicelib/domain/run/model.py"
GROUP = "chalicelib/domain/run/group.py"
LIFECYCLE = "chalicelib/domain/run/lifecycle.py"
STAGING = "chalicelib/pipeline/staging.py"
AMENDS = "chalicelib/pipeline/corrections.py"
RESUBMITS = "chalicelib/operations/resubmits.py"
BOOKS = "chalicelib/domain/file/books.py"
STAGE = "deploy/stage.py"
EXPORTING = "chalicelib/pipeline/exporting.py"
EXPORTS = "chalicelib/domain/export/progress.py"
EVENTS = "chalicelib/domain/run/events.py"
SOURCE_LANDING = "chalicelib/sources/landing.py"
HTTP_SOURCE = "chalicelib/sources/http/source.py"
PROGRESS = "chalicelib/domain/source/progress.py"
EXTRACTION = "chalicelib/orchestration/extraction.py"
TRANSFORM = "chalicelib/domain/staging/transform.py"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """One text in one file, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Bug:
    """What went wrong, in words, and where."""

    name: str
    cuts: tuple[Cut, ...]
    machine: bool = False
    """Whether it shows only if executions of the state machine move runs on."""


def bug(name: str, *cuts: tuple[str, str, str], machine: bool = False) -> Bug:
    return Bug(name=name, cuts=tuple(Cut(file=f, old=o, new=n) for f, o, n in cuts), machine=machine)


NO_LEDGER = (WAREHOUSE, " if share.load_id not in self.book]\n        if not shares", "]\n        if not shares")
NO_SWEEP = (SWEEP, "                pipeline.ctx.queue.send_runs(batch)\n", "")
BLIND_SWEEP = (SWEEP, "next_key = scan.run()", 'next_key = ""')
FRESH_TOKEN = (LOADING, "token=group.group_id", 'token=f"{group.group_id}-{self.clock.now()}"')
NO_FENCE = (LOADING, "        self.ctx.warehouse.fence(group.target, group.group_id)\n", "")
GONE_IS_OVER = (
    LOADING,
    "certain = group.state is GroupState.SUBMITTED and over",
    "certain = group.state is GroupState.SUBMITTED",
)
DROPPED_REJECT = (STAGING, "rejected=summary.rows_rejected,", "rejected=min(summary.rows_rejected, 1),")
NO_LOOK_AHEAD = (
    (
        LOADING,
        "        self.ctx.queue.send_run(runs[0].run_id, delay=SECOND_LOOK_SECONDS)\n        return self._submitted",
        "        return self._submitted",
    ),
    (
        LOADING,
        "        self.ctx.queue.send_run(runs[0].run_id, delay=math.ceil(more) + 1 if more else SECOND_LOOK_SECONDS)\n",
        "",
    ),
)
SAME_CONTENT = "if newest and newest.etag == source.etag:"
FORCED_RERUN = 'new for every generation. 32 hex digits."""\n        return digest(self.run_id, '
