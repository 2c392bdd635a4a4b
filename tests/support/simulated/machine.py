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

from chalicelib.ports import Clock, Queue
from tests.support.paths import ROOT
from tests.support.simulated.calls import Call
from tests.support.simulated.states import Branch

MACHINE = json.loads((ROOT / "infra" / "statemachine.asl.json").read_text())
LONGEST_HISTORY = 25_000
"""The most events of an execution; the next one ends it."""
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

    def start(self, name: str, given: Mapping[str, str]) -> bool:
        if name in self.executions:
            return self.executions[name].runs
        self.executions[name] = execution = Execution(machine=self)
        Branch(execution, MACHINE, dict(given), execution.succeed).begin()
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
    history: list[str] = field(default_factory=lambda: ["ExecutionStarted"])
    """The types of its events, as GetExecutionHistory names them. A child execution of a Map has a history of its own,
    which is short."""

    def note(self, *events: str) -> None:
        """Write events into the history."""
        if self.runs:
            self.history += events
            if len(self.history) >= LONGEST_HISTORY:
                self.end("FAILED")

    @property
    def runs(self) -> bool:
        return self.status == "RUNNING"

    def succeed(self, _output: Any) -> None:
        self.end("SUCCEEDED")

    def end(self, status: str) -> None:
        if not self.runs:
            return
        self.status, self.calls = status, []
        self.history.append(f"Execution{status.capitalize()}")


@dataclass(frozen=True)
class ReadingsByMessage:
    """Executions that read sources, of which the simulation plays the first state: as a message does."""

    queue: Queue

    def start(self, name: str, given: Mapping[str, str]) -> bool:
        self.queue.send_source(given["object"])
        return True

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        raise NotImplementedError
