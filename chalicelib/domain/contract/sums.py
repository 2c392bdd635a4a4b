"""Exact sums of columns over all rows of a file, as texts: JSON and DynamoDB keep every digit of a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

Sums = Mapping[str, str]
"""A sum by column; empty if a row has no number there."""
EXACT = Context(prec=400)


def added(sums: Iterable[Sums]) -> dict[str, str]:
    """Return the sum of sums by column; empty if one is."""
    found: dict[str, str] = {}
    for one in sums:
        for name, text in one.items():
            before = found.get(name, "0")
            found[name] = f"{EXACT.add(Decimal(before), Decimal(text)):f}" if before and text else ""
    return found
