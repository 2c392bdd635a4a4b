"""The checked-in state machine, as a graph: its states with those of its Maps, and where each leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

State = Mapping[str, Any]
FIELDS = frozenset({"StartAt", "Next", "Default"})
"""Fields that name a state. Validators of the language take a state of such a name for one of them."""


def faults(machine: Mapping[str, Any]) -> list[str]:
    """What is wrong with the graph of a machine, and with those of its Maps. No two states may have one name, also
    not in different Maps.

    Source: AWS, "Amazon States Language" (https://states-language.net/spec.html), "States".
    """
    names = Counter(name for name, _ in all_states(machine))
    return _faults(machine) + [f"{name} is there {count} times" for name, count in names.items() if count > 1]


def _faults(machine: Mapping[str, Any]) -> list[str]:
    """Targets without a state, states out of reach, ends that are none."""
    states, found = machine["States"], []
    reached, rest = set(), [machine["StartAt"]]
    while rest:
        name = rest.pop()
        if name not in states:
            found.append(f"{name} does not exist")
        elif name not in reached:
            reached.add(name)
            rest += targets(states[name])
    found += [f"{name} is never reached" for name in states if name not in reached]
    found += [f"{name} leads nowhere" for name, state in states.items() if not leads_on(state)]
    for state in states.values():
        if "ItemProcessor" in state:
            found += _faults(state["ItemProcessor"])
    return found


def targets(state: State) -> list[str]:
    """The states that may follow."""
    rules = [*state.get("Choices", ()), *state.get("Catch", ()), state]
    return [rule["Next"] for rule in rules if "Next" in rule] + ([state["Default"]] if "Default" in state else [])


def leads_on(state: State) -> bool:
    return "Next" in state or bool(state.get("End")) or state["Type"] in ("Choice", "Succeed", "Fail")


def all_states(machine: Mapping[str, Any]) -> Iterator[tuple[str, State]]:
    """Every state with its name, also those of Maps."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from all_states(state["ItemProcessor"])


def paths(template: Any) -> Iterator[str]:
    """The first names of the paths into a state's data that a template follows."""
    if isinstance(template, Mapping):
        for name, value in template.items():
            if name.endswith(".$") and not value.startswith("$$"):
                yield value.removeprefix("$.").partition(".")[0]
            else:
                yield from paths(value)


def needs(state: State) -> set[str]:
    """What a state reads of its data."""
    found = set(paths({k: v for k, v in state.items() if k in ("Parameters", "ItemSelector", "ItemReader")}))
    for name in ("ItemsPath", "ErrorPath", "CausePath"):
        if name in state:
            found.add(state[name].removeprefix("$.").partition(".")[0])
    return found | {rule["Variable"].removeprefix("$.") for rule in state.get("Choices", ())}


def flows(machine: Mapping[str, Any], given: set[str], returned: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What is always there when a state is entered. `returned` has what a function returns, by the state it names."""
    entries = {machine["StartAt"]: set(given)}
    anything = set.intersection(*returned.values())
    rest = [machine["StartAt"]]
    while rest:
        name = rest.pop()
        for target, keys in _leads(machine["States"][name], entries[name], anything, returned):
            known = entries.get(target)
            if known is None or not known <= keys:
                entries[target] = keys if known is None else known & keys
                rest.append(target)
    return entries


def _leads(
    state: State, entered: set[str], anything: set[str], returned: Mapping[str, set[str]]
) -> Iterator[tuple[str, set[str]]]:
    """The states that follow, with what is there then."""
    for rule in state.get("Choices", ()):
        yield rule["Next"], returned[rule["StringEquals"]]
    for catcher in state.get("Catch", ()):
        yield catcher["Next"], _with(entered, catcher)
    if "Next" in state:
        yield state["Next"], anything if _returns(state) else _with(entered, state)


def _returns(state: State) -> bool:
    """Whether a state's output is what its function returned, or answered its token with."""
    return state.get("OutputPath") == "$.Payload" or state.get("Resource", "").endswith(".waitForTaskToken")


def _with(entered: set[str], rule: State) -> set[str]:
    return entered | {rule["ResultPath"].removeprefix("$.")} if "ResultPath" in rule else set()
