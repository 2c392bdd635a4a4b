"""The retries of a message: how many tries, the pauses between, and what happens after the last.

A message that fails is not deleted. Its visibility is set so that it comes back after an exponentially growing pause.
Tries are counted on the record of the run or chunk. SQS's own count is higher: it has the deliveries, too, that Lambda
throttled, so that no worker began. The queue moves a message to its dead-letter queue after one delivery more than our
tries. If as many tries are on record, its worker was killed at each of them; if not, it was throttled.

A message that is delivered again is counted before the work, because a killed worker cannot count. Of the first
delivery only a failure is counted, so that what succeeds at once costs no write.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalicelib.domain.run.events import run_of, task_of, work_of
from chalicelib.domain.run.lifecycle import may_pass, pause
from chalicelib.domain.run.model import ChunkTask
from chalicelib.errors import LandfallError, Retryable
from chalicelib.orchestration.executions import MachineQueue
from chalicelib.orchestration.failures import fail_dead, unexpected, worker_lost
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.pipeline import Pipeline

Delay = Callable[[Any, int], None]
"""Makes a message, by its receipt handle, come back after a number of seconds."""


def on_run_message(pipeline: Pipeline, delay: Delay, record: dict[str, Any]) -> None:
    """Try once to move a run on. After the last try, the sweep tries again until `give_up_hours`."""
    run_id = run_of(record["body"])

    def give_up(error: Exception) -> None:
        pipeline.ctx.note("left_to_sweep", {"run": run_id, "error": type(error).__name__})
        if not isinstance(error, Retryable):
            fail_dead(pipeline, run_id, error)

    _one_try(pipeline.ctx, delay, record, run_id, lambda: moved_on(pipeline, run_id), give_up)


def moved_on(pipeline: Pipeline, run_id: str) -> None:
    """Move a run on, or wake its execution. A finished run has none: its message is for an export. Raises Retryable."""
    machine = pipeline.ctx.queue
    if isinstance(machine, MachineQueue) and (run := pipeline.ctx.runs.get(run_id)) and not run.finished:
        machine.wake(run_id)
    else:
        pipeline.advance(run_id)


def on_chunk_message(pipeline: Pipeline, delay: Delay, record: dict[str, Any]) -> None:
    """Try once to stage a chunk. After the last try, the sweep sends it again. After `give_up_hours` its run FAILS."""
    task: ChunkTask = task_of(record["body"])

    def give_up(error: Exception) -> None:
        run = pipeline.ctx.runs.get(task.run_id)
        if run and may_pass(run, error, pipeline.ctx.clock.now(), pipeline.ctx.settings.give_up_hours):
            pipeline.ctx.note("left_to_sweep", {"run": task.run_id, "error": type(error).__name__})
        else:
            fail_dead(pipeline, task.run_id, error, generation=task.generation)

    _one_try(pipeline.ctx, delay, record, task, lambda: pipeline.stage(task), give_up)


def on_dead_letter(pipeline: Pipeline, record: dict[str, Any]) -> None:
    """Fail the run of a message whose worker never finished, unless the run has moved on without it.

    If the message was throttled instead, the sweep sends another.
    """
    lost, work = worker_lost(), work_of(record["body"])
    if work is None:
        return
    if pipeline.ctx.tries.counted(work) < pipeline.ctx.settings.max_attempts:
        run = work.run_id if isinstance(work, ChunkTask) else work
        pipeline.ctx.note("left_to_sweep", {"run": run, "error": "Throttled"})
        return
    match work:
        case ChunkTask() as task:
            pipeline.ctx.note("dead_letter", {"run": task.run_id, "chunk": task.number})
            fail_dead(pipeline, task.run_id, lost, generation=task.generation)
        case str() as run_id:
            pipeline.ctx.note("dead_letter", {"run": run_id})
            fail_dead(pipeline, run_id, lost)
    _clear(pipeline.ctx, work)


def _one_try(
    ctx: Context,
    delay: Delay,
    record: dict[str, Any],
    work: ChunkTask | str,
    step: Callable[[], None],
    give_up: Callable[[Exception], None],
) -> None:
    received, settings, tries = int(record["attributes"]["ApproximateReceiveCount"]), ctx.settings, 0
    try:
        tries = ctx.tries.count(work) if received > 1 else 0
        step()
        if tries:
            _clear(ctx, work)
    except Exception as error:  # after any error the message must come back or be given up
        attempt = tries or _counted(ctx, work) or received
        if attempt >= settings.max_attempts:
            give_up(error)
            _clear(ctx, work)
            return
        delay(record["receiptHandle"], pause(settings.backoff_seconds, attempt, random.random()))  # noqa: S311  # nosec B311
        if isinstance(error, LandfallError):
            raise
        raise unexpected(error) from None


def _counted(ctx: Context, work: ChunkTask | str) -> int:
    """Count a failed try; 0 if that fails, too: the error to be reported is that of the try."""
    with suppress(Exception):
        return ctx.tries.count(work)
    return 0


def _clear(ctx: Context, work: ChunkTask | str) -> None:
    """Reset the count of tries. If that fails, the next series gives up earlier, and the sweep goes on."""
    with suppress(Exception):
        ctx.tries.clear(work)
