"""DynamoDB's expression language from plain values. Names and values always go as placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.items import encode


def update(changes: Mapping[str, dict[str, Any] | None], condition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of UpdateItem to set attributes, or remove those that are None, if `condition` holds."""
    sets = [n for n, a in changes.items() if a is not None]
    removes = [n for n, a in changes.items() if a is None]
    clauses = []
    if sets:
        clauses.append("SET " + ", ".join(f"#{n} = :{n}" for n in sets))
    if removes:
        clauses.append("REMOVE " + ", ".join(f"#{n}" for n in removes))
    values = {f":{n}": a for n, a in changes.items() if a is not None}
    return {
        "UpdateExpression": " ".join(clauses),
        **where(condition, names=list(changes), values=values),
    }


def add(amounts: Mapping[str, int], sets: Mapping[str, Any], condition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of UpdateItem to add to numbers and set attributes, if `condition` holds."""
    plus = ", ".join(f"#{n} :{n}" for n in amounts)
    put = ", ".join(f"#{n} = :{n}" for n in sets)
    return {
        "UpdateExpression": f"SET {put} ADD {plus}",
        **where(
            condition,
            names=[*amounts, *sets],
            values={f":{n}": encode(v) for n, v in [*amounts.items(), *sets.items()]},
        ),
    }


def where(condition: Mapping[str, Any], names: list[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that attributes equal values, with every placeholder of the whole request."""
    return {
        "ConditionExpression": equal(condition),
        "ExpressionAttributeNames": {f"#{n}": n for n in [*names, *condition]},
        "ExpressionAttributeValues": {**values, **{f":is_{n}": encode(v) for n, v in condition.items()}},
    }


def equal(condition: Mapping[str, Any]) -> str:
    return " AND ".join(f"#{n} = :is_{n}" for n in condition)
