"""The calls of functions by an execution in memory (machine.py): tries, tokens, and what Retry and Catch say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.simulated.machine import Execution
    from tests.support.simulated.states import Branch

CALLBACK = ".waitForTaskToken"
LOST = "Lambda.Unknown"
"""The name of the error if a function's worker is gone."""
TOO_MANY = "Lambda.TooManyRequestsException"
"""The name of the error if Lambda does not call a function, because too many calls are being answered."""


class TooManyCallsError(Exception):
    """Lambda does not call a function: too many calls are being answered."""


Invoke = Callable[[str, Any], Any]


@dataclass(eq=False, kw_only=True)
class Call:
    """One call of a function, with all its tries."""

    branch: Branch
    state: Mapping[str, Any]
    payload: dict[str, Any]
    at: float
    """When it is due; while it waits, when that has taken too long."""
    token: str = ""
    busy: bool = False
    """It is being made, or it waits."""
    waits: bool = False
    tries: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, branch: Branch, state: Mapping[str, Any]) -> None:
        """Schedule it. Maybe the execution is stopped just then."""
        machine = branch.execution.machine
        call = cls(branch=branch, state=state, payload={}, at=machine.clock.now())
        branch.execution.calls.append(call)
        call._again()
        if machine.stopped():
            branch.execution.end("ABORTED")

    def _again(self) -> None:
        """A try has a token of its own."""
        machine = self.execution.machine
        self.branch.note("TaskScheduled", "TaskStarted")
        machine.tokens.pop(self.token, None)
        if CALLBACK in self.state["Resource"]:
            self.token = f"token-{next(machine.numbers)}"
            machine.tokens[self.token] = self
        self.payload = self.branch.filled(self.state["Parameters"]["Payload"], self.token)
        self.busy = self.waits = False

    @property
    def execution(self) -> Execution:
        return self.branch.execution

    def make(self, invoke: Invoke) -> Any:
        """Make the call. What `invoke` raises is raised again, after the execution has taken it up."""
        self.busy, token = True, self.token
        try:
            result = invoke(self.state["Parameters"]["FunctionName"], json.loads(json.dumps(self.payload)))
        except BaseException as error:
            if self._open(token):
                self.fail(_name_of(error))
            raise
        if self._open(token):
            if token:
                self.branch.note("TaskSubmitted")
                self.waits, self.at = True, self.execution.machine.clock.now() + self.state["TimeoutSeconds"]
            else:
                self.succeed(json.loads(json.dumps(result)))

    def _open(self, token: str) -> bool:
        """Whether the execution still waits for this try."""
        return self in self.execution.calls and self.token == token

    def succeed(self, result: Any) -> None:
        self._over()
        self.branch.note("TaskSucceeded")
        self.branch.go_on(self.state, result)

    def fail(self, error: str) -> None:
        """Try again later, as Retry says; else go on as Catch says."""
        machine = self.execution.machine
        self.branch.note("TaskTimedOut" if error == "States.Timeout" else "TaskFailed")
        for number, retrier in enumerate(self.state["Retry"]):
            if _names(retrier, error):
                tried = self.tries.get(number, 0)
                if tried < retrier["MaxAttempts"]:
                    self.tries[number] = tried + 1
                    wait = min(
                        retrier["IntervalSeconds"] * retrier["BackoffRate"] ** tried,
                        retrier.get("MaxDelaySeconds", retrier["IntervalSeconds"]),
                    )
                    self.at = machine.clock.now() + (machine.dice.random() * wait if machine.dice else wait)
                    self._again()
                    return
                break
        self._over()
        for catcher in self.state.get("Catch", ()):
            if _names(catcher, error):
                self.branch.catch(catcher, error)
                return
        self.execution.end("FAILED")

    def _over(self) -> None:
        if self in self.execution.calls:
            self.execution.calls.remove(self)
        self.execution.machine.tokens.pop(self.token, None)


def _name_of(error: BaseException) -> str:
    """Return what Step Functions calls an error."""
    if isinstance(error, TooManyCallsError):
        return TOO_MANY
    return type(error).__name__ if isinstance(error, Exception) else LOST


def _names(rule: Mapping[str, Any], error: str) -> bool:
    wanted = rule["ErrorEquals"]
    return "States.ALL" in wanted or error in wanted or ("States.TaskFailed" in wanted and error != "States.Timeout")
