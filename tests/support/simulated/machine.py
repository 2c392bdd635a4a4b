"""Step Functions in memory: executions of infra/statemachine.asl.json, state by state.

Only what the checked-in machine uses: Task (Lambda, also with a token), Choice of equal texts, Pass, Map, Succeed,
Fail, and Retry and Catch by name. What it does not know is an error, never a guess.
Source: AWS, "Amazon States Language" (https://states-language.net/spec.html).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from chalicelib.ports import Clock
from tests.support.paths import ROOT

MACHINE = json.loads((ROOT / "infra" / "statemachine.asl.json").read_text())
CALLBACK = ".waitForTaskToken"
LOST = "Lambda.Unknown"
"""The name of the error if a function's worker is gone."""
Invoke = Callable[[str, Any], Any]
Read = Callable[[str, str], Any]


class Machine:
    """All executions of the machine. Its two methods `start` and `answer` are Step Functions' own."""

    def __init__(self, clock: Clock, read: Read, dice: random.Random | None = None) -> None:
        self.clock, self.read, self.dice = clock, read, dice
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, Call] = {}
        self.stopped: Callable[[], bool] = lambda: False
        """Whether the execution is stopped in which the next call of a function is due."""
        self.numbers = count(1)

    def start(self, name: str, run_id: str) -> bool:
        if name in self.executions:
            return self.executions[name].runs
        self.executions[name] = execution = Execution(machine=self)
        Branch(execution, MACHINE, {"run": run_id}, execution.succeed).begin()
        return True

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        call = self.tokens.pop(token, None)
        if call is None or not call.execution.runs:
            return False
        call.succeed(json.loads(json.dumps(output)))
        return True

    @property
    def running(self) -> list[Execution]:
        return [execution for execution in self.executions.values() if execution.runs]

    def due(self) -> list[Call]:
        """The calls that could be made now."""
        now = self.clock.now()
        return [call for one in self.running for call in one.calls if not call.busy and call.at <= now]

    def moments(self) -> list[float]:
        """When something happens by itself: a retry, or the end of a wait."""
        return [call.at for one in self.running for call in one.calls]

    def pass_time(self) -> None:
        """End the waits that took too long."""
        now = self.clock.now()
        for one in self.running:
            for call in [call for call in one.calls if call.waits and call.at <= now]:
                call.fail("States.Timeout")


@dataclass(eq=False, kw_only=True)
class Execution:
    """One execution."""

    machine: Machine
    status: str = "RUNNING"
    calls: list[Call] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        return self.status == "RUNNING"

    def succeed(self, _output: Any) -> None:
        self.end("SUCCEEDED")

    def end(self, status: str) -> None:
        self.status, self.calls = status, []


@dataclass(eq=False)
class Branch:
    """One way through states: an execution's own, or an item's of a Map."""

    execution: Execution
    states: Mapping[str, Any]
    data: Any
    done: Callable[[Any], None]
    item: Any = None

    def begin(self) -> None:
        self.enter(self.states["StartAt"])

    def enter(self, name: str) -> None:
        if not self.execution.runs:
            return
        state = self.states["States"][name]
        match state["Type"]:
            case "Succeed":
                self.done(self.data)
            case "Fail":
                assert all(isinstance(self.get(state[path]), str) for path in ("ErrorPath", "CausePath"))
                self.execution.end("FAILED")
            case "Choice":
                self.enter(self._chosen(state))
            case "Pass":
                self.go_on(state, state["Result"])
            case "Map":
                Items(self, state).begin()
            case "Task":
                Call.of(self, state)
            case other:
                raise NotImplementedError(other)

    def _chosen(self, state: Mapping[str, Any]) -> str:
        rules = state["Choices"]
        return next((r["Next"] for r in rules if self.get(r["Variable"]) == r["StringEquals"]), state["Default"])

    def go_on(self, state: Mapping[str, Any], result: Any) -> None:
        """Leave a state."""
        if "OutputPath" in state:
            assert state["OutputPath"] == "$.Payload", "that of a function"
            self.data = result
        else:
            self.data = self._with(state.get("ResultPath", "$"), result)
        if state.get("End"):
            self.done(self.data)
        else:
            self.enter(state["Next"])

    def catch(self, catcher: Mapping[str, Any], error: str) -> None:
        self.data = self._with(catcher.get("ResultPath", "$"), {"Error": error, "Cause": "{}"})
        self.enter(catcher["Next"])

    def _with(self, path: str, result: Any) -> Any:
        return result if path == "$" else {**self.data, path.removeprefix("$."): result}

    def get(self, path: str, token: str = "") -> Any:
        """What a path leads to. Raises KeyError, as AWS ends an execution with States.ParameterPathFailure."""
        if path == "$$.Task.Token":
            return token
        if path == "$$.Map.Item.Value":
            return self.item
        value = self.data
        for name in path.removeprefix("$.").split("."):
            value = value[name]
        return value

    def filled(self, template: Mapping[str, Any], token: str = "") -> dict[str, Any]:
        """The template with its paths followed."""
        return {
            name.removesuffix(".$"): self.get(value, token) if name.endswith(".$") else value
            for name, value in template.items()
        }


class Items:
    """The items of a Map, so many at once as it allows."""

    def __init__(self, branch: Branch, state: Mapping[str, Any]) -> None:
        self.branch, self.state = branch, state
        self.items = self._read() if "ItemReader" in state else branch.get(state["ItemsPath"])
        self.results: dict[int, Any] = {}
        self.begun = 0

    def _read(self) -> Any:
        where = self.branch.filled(self.state["ItemReader"]["Parameters"])
        return self.branch.execution.machine.read(where["Bucket"], where["Key"])

    def begin(self) -> None:
        while self.begun < len(self.items) and self.begun - len(self.results) < self.state["MaxConcurrency"]:
            number, self.begun = self.begun, self.begun + 1
            self.branch.item = self.items[number]
            given = self.branch.filled(self.state["ItemSelector"])
            processor = self.state["ItemProcessor"]
            Branch(self.branch.execution, processor, given, lambda result, n=number: self._done(n, result)).begin()

    def _done(self, number: int, result: Any) -> None:
        self.results[number] = result
        if len(self.results) == len(self.items):
            self.branch.go_on(self.state, [self.results[n] for n in range(len(self.items))])
        else:
            self.begin()


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
                self.fail(type(error).__name__ if isinstance(error, Exception) else LOST)
            raise
        if self._open(token):
            if token:
                self.waits, self.at = True, self.execution.machine.clock.now() + self.state["TimeoutSeconds"]
            else:
                self.succeed(json.loads(json.dumps(result)))

    def _open(self, token: str) -> bool:
        """Whether the execution still waits for this try."""
        return self in self.execution.calls and self.token == token

    def succeed(self, result: Any) -> None:
        self._over()
        self.branch.go_on(self.state, result)

    def fail(self, error: str) -> None:
        """Try again later, as Retry says; else go on as Catch says."""
        machine = self.execution.machine
        for number, retrier in enumerate(self.state["Retry"]):
            if _names(retrier, error):
                tried = self.tries.get(number, 0)
                if tried < retrier["MaxAttempts"]:
                    self.tries[number] = tried + 1
                    wait = min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** tried, 300)
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
        self.execution.calls.remove(self)
        self.execution.machine.tokens.pop(self.token, None)


def _names(rule: Mapping[str, Any], error: str) -> bool:
    wanted = rule["ErrorEquals"]
    return "States.ALL" in wanted or error in wanted or ("States.TaskFailed" in wanted and error != "States.Timeout")
