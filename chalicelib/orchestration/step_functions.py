"""The steps of infra/statemachine.asl.json: each state of the machine is one call of a handler here.

The machine decides nothing about a run. A handler takes the steps that the pipeline takes, within one state, and
returns the state that is next by the run's record. So an execution that dies, is started twice, or is told late, does
what a message of the queues does that comes twice or late.

A state that has to wait gets a token. The message that would move the run on answers it (executions.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from chalicelib import errors
from chalicelib.domain.run import keys
from chalicelib.domain.run.lifecycle import may_pass
from chalicelib.domain.run.model import ChunkTask, Run
from chalicelib.errors import Broken, ContractError, LandfallError, Retryable
from chalicelib.orchestration.executions import MachineQueue, going_on, state_of
from chalicelib.orchestration.failures import INTERNAL, UnexpectedError, fail_dead, unexpected, worker_lost
from chalicelib.orchestration.own_messages import OwnMessages
from chalicelib.pipeline.pipeline import Pipeline

AWAIT, PAUSE = WAITS = ("Await", "Pause")
"""The states that wait for a message for the run. Pause waits at once; Await takes a step first."""
TOGETHER = {"Plan": ("Plan", "Seal"), "Load": ("Load", "Settle")}
"""States whose steps are taken in one call: a plan ends with its chunks, and a submitted load has to be awaited."""
STAGED = 0
"""What is returned for a chunk; the machine has 1 for a chunk that failed at each try."""
UNEXPECTED = UnexpectedError.__name__
MAY_PASS = frozenset(
    {
        ContractError.__name__,  # of a deployment; the next one corrects it
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
    }
)
"""The names of errors, beside those of Retryable's kinds, after which another try may succeed."""
INLINE_CHUNKS = 350
"""The most chunks of an inline Map. A round takes at most 68 of an execution's 25,000 events for each, over all tries.

An execution that runs out of events in a later round fails, and the sweep starts the next one.
"""


def on_step(pipeline: Pipeline, step: dict[str, Any]) -> dict[str, Any]:
    """Take the steps of the state that a run is in; return what is next. Raises LandfallError, UnexpectedError."""
    with _without_values():
        return _give_up(pipeline, step) if "error" in step else _looked(pipeline, step)


def _looked(pipeline: Pipeline, step: dict[str, Any]) -> dict[str, Any]:
    """Take the steps of a state. A state that waits stores its token first, and then looks whether it has to wait."""
    token, machine = step.get("token", ""), pipeline.ctx.queue
    if not token:
        return _take(pipeline, step)
    if not isinstance(machine, MachineQueue):
        raise Broken("LANDFALL_STATE_MACHINE is not set, yet a state machine calls this function", code=INTERNAL)
    machine.wait(step["run"], token)
    following = _take(pipeline, step)
    if following["next"] not in WAITS:
        machine.answer(token, following)
    return following


def on_chunk(pipeline: Pipeline, task: ChunkTask) -> int:
    """Stage a chunk. Raises LandfallError, UnexpectedError."""
    with _without_values():
        _within_step(pipeline, task.run_id)[0].stage(task)
        return STAGED


def _take(pipeline: Pipeline, step: dict[str, Any]) -> dict[str, Any]:
    """Take the steps of one state of the machine, and return the next one."""
    run = _run_of(pipeline, step)
    entered = state_of(run)
    if step["state"] == PAUSE or (entered == "Seal" and any(step.get("staged", ()))):
        return going_on(run) | {"next": PAUSE}  # a chunk failed at each try: the sweep goes on
    within = TOGETHER.get(entered, (entered,))
    stepping, messages = _within_step(pipeline, run.run_id)
    stepping.advance(run.run_id, lambda run: state_of(run) in within)
    moved = _run_of(pipeline, step)
    if messages.chunks:
        return _to_stage(pipeline, moved, messages.chunks)
    waits = state_of(moved) in within and not moved.finished
    return going_on(moved) | ({"next": AWAIT} if waits else {})


def _to_stage(pipeline: Pipeline, run: Run, tasks: Sequence[ChunkTask]) -> dict[str, Any]:
    """Return the chunks for an inline Map; the key of a list of them if they are many."""
    chunks = [{"number": task.number, "start": task.start, "stop": task.stop} for task in tasks]
    following = {"run": run.run_id, "generation": tasks[0].generation}
    if len(chunks) <= INLINE_CHUNKS:
        return following | {"next": "Stage", "chunks": chunks}
    key = keys.chunk_list(run)
    pipeline.ctx.objects.put(run.source.bucket, key, json.dumps(chunks).encode())
    return following | {"next": "StageMany", "bucket": run.source.bucket, "key": key}


def _give_up(pipeline: Pipeline, step: dict[str, Any]) -> dict[str, Any]:
    """End a run whose step failed at each try, or leave it to the sweep if the fault may pass."""
    name, run = step["error"]["Error"], _run_of(pipeline, step)
    fault = _fault_of(name)
    if may_pass(run, fault, pipeline.ctx.clock.now(), pipeline.ctx.settings.give_up_hours):
        pipeline.ctx.note("left_to_sweep", {"run": run.run_id, "error": name})
    else:
        fail_dead(_within_step(pipeline, run.run_id)[0], run.run_id, fault, generation=step.get("generation"))
    moved = _run_of(pipeline, step)
    stays = (state_of(moved), moved.generation) == (state_of(run), run.generation)
    return going_on(moved) | ({"next": PAUSE} if stays else {})


def _fault_of(name: str) -> LandfallError:
    """Return the fault for the name of an error in Step Functions. An unknown name is that of Lambda's own errors."""
    if name in MAY_PASS:
        return Retryable(f"the step failed at each try: {name}")
    if name == UNEXPECTED:
        return Broken("unexpected error; read the function's log", code=INTERNAL)
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, LandfallError):
        return kind(f"the step failed at each try with {name}; read the function's log")
    return worker_lost()


def _run_of(pipeline: Pipeline, step: dict[str, Any]) -> Run:
    if run := pipeline.ctx.runs.get(step["run"]):
        return run
    raise Broken("the run has no record any more", code=INTERNAL)


def _within_step(pipeline: Pipeline, run_id: str) -> tuple[Pipeline, OwnMessages]:
    """Return the pipeline with the queue of one step, and that queue."""
    messages = OwnMessages(queue=pipeline.ctx.queue, run_id=run_id)
    return replace(pipeline, ctx=replace(pipeline.ctx, queue=messages)), messages


@contextmanager
def _without_values() -> Iterator[None]:
    """Let Landfall's errors pass, and others without their text."""
    try:
        yield
    except LandfallError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is
        raise unexpected(error) from None
