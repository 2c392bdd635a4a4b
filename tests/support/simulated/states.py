"""The states of an execution in memory (machine.py): what each does with its data, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.simulated.calls import Call

if TYPE_CHECKING:
    from tests.support.simulated.machine import Execution


@dataclass(eq=False)
class Branch:
    """One way through states: an execution's own, or an item's of a Map."""

    execution: Execution
    states: Mapping[str, Any]
    data: Any
    done: Callable[[Any], None]
    item: Any = None
    apart: bool = False
    """It is a child execution, with a history of its own."""

    def begin(self) -> None:
        self.enter(self.states["StartAt"])

    def enter(self, name: str) -> None:
        if not self.execution.runs:
            return
        state = self.states["States"][name]
        self.note(f"{state['Type']}StateEntered")
        match state["Type"]:
            case "Succeed":
                self.note("SucceedStateExited")
                self.done(self.data)
            case "Fail":
                assert all(isinstance(self.get(state[path]), str) for path in ("ErrorPath", "CausePath"))
                self.execution.end("FAILED")
            case "Choice":
                self.note("ChoiceStateExited")
                self.enter(self._chosen(state))
            case "Pass":
                self.go_on(state, state["Result"])
            case "Map":
                Items(self, state).begin()
            case "Task":
                Call.of(self, state)
            case other:
                raise NotImplementedError(other)

    def note(self, *events: str) -> None:
        if not self.apart:
            self.execution.note(*events)

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
        self.note(f"{state['Type']}StateExited")
        if state.get("End"):
            self.done(self.data)
        else:
            self.enter(state["Next"])

    def catch(self, catcher: Mapping[str, Any], error: str) -> None:
        self.data = self._with(catcher.get("ResultPath", "$"), {"Error": error, "Cause": "{}"})
        self.note("TaskStateExited")
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
        self.inline = state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "INLINE"
        branch.note("MapStateStarted", *(() if self.inline else ("MapRunStarted",)))

    def _read(self) -> Any:
        where = self.branch.filled(self.state["ItemReader"]["Parameters"])
        return self.branch.execution.machine.read(where["Bucket"], where["Key"])

    def begin(self) -> None:
        while self.begun < len(self.items) and self.begun - len(self.results) < self.state["MaxConcurrency"]:
            number, self.begun = self.begun, self.begun + 1
            self.branch.item = self.items[number]
            given = self.branch.filled(self.state["ItemSelector"])
            self._note("MapIterationStarted")
            Branch(
                execution=self.branch.execution,
                states=self.state["ItemProcessor"],
                data=given,
                done=lambda result, n=number: self._done(n, result),
                apart=not self.inline,
            ).begin()

    def _note(self, event: str) -> None:
        if self.inline:
            self.branch.note(event)

    def _done(self, number: int, result: Any) -> None:
        self.results[number] = result
        self._note("MapIterationSucceeded")
        if len(self.results) == len(self.items):
            self.branch.note(*(() if self.inline else ("MapRunSucceeded",)), "MapStateSucceeded")
            self.branch.go_on(self.state, [self.results[n] for n in range(len(self.items))])
        else:
            self.begin()
