"""Decides whether a table's first row names its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from landfall.infer.layout.looks import Look, columns_below, look, looks
from landfall.infer.layout.rows import Row

LOOKED_ROWS = 2_000
ALL_TEXT = "all columns are text, so nothing shows whether the first line names them"
YEARS = range(1900, 2101)


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Whether the first row names the columns."""

    header: bool
    sure: bool
    """False: the rows below do not show it."""
    why: str = ""
    """The doubt, for the operator."""


def naming(first: Row, below: Sequence[Row]) -> Naming:
    """Compare a first row with the rows below it.

    A text over numbers or dates is a name. A number over numbers is a value, unless it is one of a line of years.
    """
    columns = columns_below(below[:LOOKED_ROWS], len(first))
    typed = [looks(values) for values in columns]
    own = [look(value) for value in first]
    kinds = (Look.TEXT, Look.NONE)
    names = sum(a is Look.TEXT and b not in kinds for a, b in zip(own, typed, strict=True))
    years = _years(first)
    values = sum(a not in kinds for a in own) - len(years)
    if names and not values:
        return Naming(header=True, sure=not years, why="years name some columns" if years else "")
    if names or values:
        doubt = "the first line has both names and values" if names and values else ""
        return Naming(header=names > values, sure=not doubt, why=doubt)
    if years:
        return Naming(header=True, sure=False, why="the first line may name columns by years, or be a row")
    if not below or not any(first):
        return Naming(
            header=True,
            sure=False,
            why="no row is below the first line" if any(first) else "no name is in the first line",
        )
    again = not _joined(first, below) and any(
        value and value in values for value, values in zip(first, columns, strict=True)
    )
    rare = _stands_out(first, columns)
    if len(below) == 1 or rare or not again:
        return Naming(header=True, sure=rare and len(below) > 4, why=ALL_TEXT)
    return Naming(header=False, sure=False, why=f"{ALL_TEXT}; a value of it comes again below it")


def _years(first: Row) -> list[int]:
    """Return the years in a row if they are consecutive."""
    years = [int(value) for value in first if len(value) == 4 and value.isdigit() and int(value) in YEARS]
    steps = {b - a for a, b in pairwise(years)}
    return years if len(years) > 1 and steps in ({1}, {-1}) else []


def _joined(first: Row, below: Sequence[Row]) -> bool:
    """Return whether the whole row comes again: files with headers were joined."""
    return first in below[:LOOKED_ROWS]


def _stands_out(first: Row, columns: Sequence[Sequence[bytes]]) -> bool:
    """Return whether all values of some column have a kind of character that its first value lacks."""
    for name, values in zip(first, columns, strict=True):
        filled = [value for value in values if value]
        if name and len(filled) > 1 and set.intersection(*map(_kinds, filled)) - _kinds(name):
            return True
    return False


def _kinds(value: bytes) -> set[str]:
    """Return the kinds of characters in a value: digits, capitals, and each sign."""
    return {
        "0" if c.isdigit() else "A" if c.isupper() else c for c in value.decode("utf-8", "replace") if not c.islower()
    }
