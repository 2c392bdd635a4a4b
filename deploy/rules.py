"""Reads the parameters and rules of a template as CloudFormation does: faults show before anything is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}
Values = Mapping[str, str]
"""Parameters by name, each with its value as text."""


def broken(template: Mapping[str, Any], values: Values) -> list[str]:
    """Return a sentence for each value that its parameter does not allow, and for each rule that is broken."""
    bounds = [text for name, value in values.items() for text in _refused(name, template["Parameters"][name], value)]
    rules = [rule for rule in template.get("Rules", {}).values() if holds(rule.get("RuleCondition", True), values)]
    return [*bounds, *(text for rule in rules for text in _failed(rule, values))]


def holds(expression: Any, values: Values) -> bool:
    """Evaluate a condition. Raises KeyError for a function that no condition of ours has."""
    if isinstance(expression, bool):
        return expression
    ((name, arguments),) = expression.items()
    return FUNCTIONS[name](arguments, values)


def conditions(template: Mapping[str, Any], values: Values) -> dict[str, bool]:
    """Return whether each condition of the template holds."""
    return {name: holds(expression, values) for name, expression in template["Conditions"].items()}


def defaults(template: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters with the values that they have if none is given."""
    return {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}


def resolved(value: Any, known: Mapping[str, bool]) -> Any:
    """Return a part of a template with each Fn::If replaced by what it gives, if its condition is known."""
    if isinstance(value, list):
        return [one for one in (resolved(part, known) for part in value) if one != NO_VALUE]
    if not isinstance(value, dict):
        return value
    if chosen := value.get("Fn::If"):
        name, first, second = chosen
        if name in known:
            return resolved(first if known[name] else second, known)
        return {"Fn::If": [name, resolved(first, known), resolved(second, known)]}
    parts = {name: resolved(part, known) for name, part in value.items()}
    return {name: part for name, part in parts.items() if part != NO_VALUE}


def _refused(name: str, parameter: Mapping[str, Any], value: str) -> Iterator[str]:
    if parameter["Type"] == "Number":
        low, high = parameter["MinValue"], parameter["MaxValue"]
        if not (value.isdecimal() and low <= int(value) <= high):
            yield f"{name} is {value}: it must be a whole number from {low} to {high}."
    elif value not in parameter.get("AllowedValues", (value,)):
        yield f"{name} is {value}: it must be {' or '.join(parameter['AllowedValues'])}."
    elif not re.search(parameter.get("AllowedPattern", ""), value):
        yield f"{name} is {value}: it must match {parameter['AllowedPattern']}."


def _failed(rule: Mapping[str, Any], values: Values) -> Iterator[str]:
    for assertion in rule["Assertions"]:
        if not holds(assertion["Assert"], values):
            yield assertion["AssertDescription"]


def _value(expression: Any, values: Values) -> str:
    if not isinstance(expression, Mapping):
        return str(expression)
    if "Fn::Join" in expression:  # of a list, which is given as one text
        return _value(expression["Fn::Join"][1], values)
    return values[expression["Ref"]]


def _equals(arguments: Any, values: Values) -> bool:
    first, second = (_value(one, values) for one in arguments)
    return first == second


FUNCTIONS: Mapping[str, Callable[[Any, Values], bool]] = {
    "Fn::And": lambda parts, values: all(holds(part, values) for part in parts),
    "Fn::Equals": _equals,
    "Fn::Not": lambda parts, values: not holds(parts[0], values),
    "Fn::Or": lambda parts, values: any(holds(part, values) for part in parts),
}
"""CloudFormation's functions that conditions and rules of ours have."""
