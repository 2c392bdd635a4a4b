"""Many malformed lines in one block: where a record that starts with a line leads, for all lines at once.

Whether the quotes before a line are even or odd in number says which of the two readings of the quotes a record that
starts with it follows (records.py). In that reading the record's end and the next quote out of place are the next ones
behind the line's start; which comes first, and whether within the limit, decides. So the line's successor is known for
every line without a walk: the line behind the record's end, or the next line if the record is malformed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Ints


class Step(IntEnum):
    """What a record that starts with a line is."""

    RECORD = 0
    FAULT = 1
    """A quote is out of place within the limit."""
    LATE = 2
    """It does not end within the limit."""
    UNKNOWN = 3
    """The block ends first, or the line does."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One of the two readings of a block's quotes."""

    ends: Ints
    """Places among the block's marks of the line feeds outside quotes."""
    faults: Ints
    """Places among the marks of quotes out of place."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The physical lines of a block from some line on."""

    starts: Ints
    """Index of each line's first byte; of the block's end, too, if it ends with a line feed."""
    marks: Ints
    """Place of the first mark at or behind it."""
    parities: Bytes
    """How many quotes precede it in the block, modulo 2."""


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Where records that start with these lines lead."""

    lines: Lines
    kinds: Bytes
    """A Step for each line."""
    faults: Ints
    """Place of the quote at fault among the marks, for steps of kind FAULT."""
    nexts: list[int]
    """The line that reading goes on with; -1 if that is unknown."""

    def path(self, line: int) -> tuple[Ints, int]:
        """The lines that reading comes by from this one, and the one at which it stops."""
        path, nexts = [], self.nexts
        while (after := nexts[line]) >= 0:
            path.append(line)
            line = after
        return np.array(path, np.int64), line


def steps_of(at: Ints, feeds: Ints, lines: Lines, readings: tuple[Reading, Reading], longest: int) -> Steps:
    """`at` is the index of each mark; `feeds` are the places of the line feeds that end these lines, in order."""
    count = len(lines.starts)
    kinds, faults = np.empty(count, np.uint8), np.empty(count, np.int64)
    nexts = np.arange(1, count + 1)
    beyond = np.append(at, np.iinfo(np.int64).max // 2)  # where a mark stands that is not in the block
    for parity, reading in enumerate(readings):
        rows = np.flatnonzero(lines.parities == parity)
        starts, marks = lines.starts[rows], lines.marks[rows]
        end, fault = _following(reading.ends, marks, len(at)), _following(reading.faults, marks, len(at))
        limit = starts + longest
        first = np.minimum(end, fault)
        late, known = beyond[first] > limit - (fault < end), first < len(at)
        kinds[rows] = np.where(late, Step.LATE, np.where(fault < end, Step.FAULT, Step.RECORD))
        kinds[rows[~known]] = Step.UNKNOWN
        faults[rows] = fault
        whole = kinds[rows] == Step.RECORD
        nexts[rows[whole]] = feeds.searchsorted(end[whole]) + 1
    nexts[kinds == Step.UNKNOWN] = -1
    nexts[-1] = -1  # no line feed ends it
    return Steps(lines=lines, kinds=kinds, faults=faults, nexts=nexts.tolist())


def _following(places: Ints, marks: Ints, none: int) -> Ints:
    """For each mark the first of the sorted places that is not before it."""
    found: Ints = np.append(places, none)[places.searchsorted(marks)]
    return found
