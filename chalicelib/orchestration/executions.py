"""The queue of a stage whose runs are moved on by executions of a state machine.

A run's message wakes its execution: the one that waits with a token, else a new one. The name of an execution derives
from the run, its generation and a number. Step Functions takes a name once, so that an event that comes twice starts
one execution. The number grows when the execution of that name has ended, or was stopped, before its run.

A bookmark has the number and the token with which the execution waits. The token is stored before the execution looks
whether there is something to do, so no message gets lost between the look and the wait:

execution: looks, the statement still runs | the statement ends; no token yet, and the execution runs: do nothing
execution: stores its token, looks again, and goes on

A message with a delay goes by SQS, and so does the message of a finished run, which is for its object's export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.domain.run.model import ChunkTask, Run, RunState
from chalicelib.errors import Retryable
from chalicelib.ports import Bookmarks, Clock, Queue, Runs

NAMES = 10
"""The most names that are tried: each further one has ended, and the bookmark does not know it yet."""
UNFINISHED = {
    RunState.ARRIVED: "Plan",
    RunState.STAGING: "Seal",
    RunState.STAGED: "Load",
    RunState.LOADING: "Settle",
}
"""The state of the machine that moves on a run in that state."""


class Executions(Protocol):
    """Step Functions: executions of one state machine."""

    def start(self, name: str, given: Mapping[str, str]) -> bool:
        """Start an execution with that input, unless one of that name runs. False if one of that name has ended."""

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        """Let the execution that waits with that token go on. False if none does."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The number of a run's newest execution, and the token with which it waits; empty while it does not."""

    number: int = 1
    token: str = ""

    @classmethod
    def from_text(cls, text: str) -> Waiting:
        """Read a bookmark."""
        number, _, token = text.partition(" ")
        return cls(number=int(number), token=token) if text else cls()

    @property
    def text(self) -> str:
        return f"{self.number} {self.token}"


@dataclass(frozen=True, kw_only=True)
class MachineQueue:
    """The queue. Guarantees that a message for a run that is not finished is answered by an execution."""

    queue: Queue
    runs: Runs
    bookmarks: Bookmarks
    executions: Executions
    readings: Executions
    """Executions that read sources."""
    clock: Clock

    def send_run(self, run_id: str, *, delay: int = 0) -> None:
        if delay > 0:
            self.queue.send_run(run_id, delay=delay)
        else:
            self.wake(run_id)

    def send_runs(self, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            self.wake(run_id)

    def send_chunks(self, tasks: list[ChunkTask]) -> None:
        self.queue.send_chunks(tasks)

    def send_source(self, object: str) -> None:
        """Start an execution that reads the source. Two of them do what one does."""
        self.readings.start(f"{object[:60]}-{int(self.clock.now())}", {"object": object})

    def waiting(self) -> int:
        return self.queue.waiting()

    def redrive(self, most: int) -> int:
        return self.queue.redrive(most)

    def wake(self, run_id: str) -> None:
        """Let the run's execution go on, or start one. Raises Retryable."""
        text = self.bookmarks.get(_bookmark(run_id))
        waiting, run = Waiting.from_text(text), self.runs.get(run_id)
        if run is None or (waiting.token and self.executions.answer(waiting.token, going_on(run))):
            return
        if run.finished:
            self.queue.send_run(run_id)
            return
        for number in range(waiting.number, waiting.number + NAMES):
            if self.executions.start(name_of(run, number), {"run": run_id}):
                if number > waiting.number:
                    self.bookmarks.move(_bookmark(run_id), text, Waiting(number=number).text)
                return
        self.bookmarks.move(_bookmark(run_id), text, Waiting(number=waiting.number + NAMES).text)
        raise Retryable(f"{NAMES} executions of the run have ended already; the next sweep tries the next names")

    def wait(self, run_id: str, token: str) -> None:
        """Record the token with which the run's execution waits."""
        number = Waiting.from_text(self.bookmarks.get(_bookmark(run_id))).number
        self.bookmarks.set(_bookmark(run_id), Waiting(number=number, token=token).text)

    def answer(self, token: str, output: Mapping[str, Any]) -> None:
        """Let the execution that waits with that token go on, if it still does."""
        self.executions.answer(token, output)


def name_of(run: Run, number: int) -> str:
    """Return the name of a run's execution."""
    return f"{run.object[:40]}-{run.load_id}-{number}"


def going_on(run: Run) -> dict[str, Any]:
    """Return what an execution goes on with: the run, the state of the machine that is next, and no failed chunk."""
    problem = {"code": run.problem.code, "message": run.problem.message} if run.problem else {}
    return {"run": run.run_id, "next": state_of(run), "staged": [], "problem": problem}


def state_of(run: Run) -> str:
    """Return the state of the machine that moves a run on."""
    if state := UNFINISHED.get(run.state):
        return state
    if run.state is RunState.LOADED and not run.followed_up:
        return "Archive"
    if not run.finished:
        return "Notify"
    return "Failed" if run.state is RunState.FAILED else "Ended"


def _bookmark(run_id: str) -> str:
    return f"execution/{run_id}"
