"""The end of work that failed at every try, whichever orchestrator counted the tries."""

from __future__ import annotations

from chalicelib.domain.run.lifecycle import DEAD_LETTER
from chalicelib.domain.run.model import RunState
from chalicelib.errors import Broken, LandfallError
from chalicelib.orchestration.traces import trace
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.pipeline import Pipeline

INTERNAL = "INTERNAL"


class UnexpectedError(Exception):
    """A fault in our code: its type and lines of code.

    Lambda logs the error that is raised, and the text of an unexpected exception may quote a row.
    """


def unexpected(error: Exception) -> UnexpectedError:
    """Return an error that is not Landfall's without its text."""
    return UnexpectedError(f"{type(error).__name__} at {trace(error)}")


def worker_lost() -> Broken:
    """Return the fault of work whose worker never finished."""
    return Broken(
        "AWS stopped its worker at each try (memory, time, or a crash); read the worker's log, then run it again",
        code=DEAD_LETTER,
    )


def fail_dead(pipeline: Pipeline, run_id: str, error: Exception, *, generation: int | None = None) -> None:
    """End a run that cannot go on as FAILED.

    A run that waits for its load or is in it is left to the sweep: its statement might still commit, and the fault may
    be in the load of other runs.
    """
    run = pipeline.ctx.runs.get(run_id)
    if run is None or run.state.terminal or run.state in (RunState.STAGED, RunState.LOADING):
        return
    if generation is not None and run.generation != generation:
        return
    cause = error if isinstance(error, LandfallError) else Broken(f"unexpected {type(error).__name__}", code=INTERNAL)
    if ended := outcomes.fail(pipeline.ctx, run, cause):
        pipeline.ctx.queue.send_run(ended.run_id)
