"""Many malformed lines in one block: find for all lines at once which line follows a record that starts there.

The number of quotes before a line, even or odd, decides which of the two readings of the quotes (records.py) applies to
a record that starts with the line. In that reading, find the first record end and the first misplaced quote after the
line's start. The earlier of the two decides, if it is within the limit. So the successor of every line is known without
a walk: the line after the record's end, or the next line if the record is malformed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Ints


class Step(IntEnum):
    """The result for a record that starts with a line."""

    RECORD = 0
    FAULT = 1
    """A quote is misplaced within the limit."""
    LATE = 2
    """The record does not end within the limit."""
    UNKNOWN = 3
    """The block ends before the result is known."""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """One of the two readings of a block's quotes: the block starts outside (0) or inside (1) quotes."""

    ends: Ints
    """Indexes among the marks of the line feeds outside quotes."""
    faults: Ints
    """Indexes among the marks of misplaced quotes."""
    too_long: Ints
    """Indexes in `ends` of line feeds that are too far from the one before."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The physical lines of a block, from one line on."""

    starts: Ints
    """Index of each line's first byte, and of the block's end if the block ends with a line feed."""
    marks: Ints
    """Index of the first mark at or after the line's start."""
    parities: Bytes
    """Number of quotes before the line in the block, modulo 2."""


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The lines that follow records that start with these lines."""

    lines: Lines
    kinds: Bytes
    """A Step for each line."""
    faults: Ints
    """Index of the misplaced quote among the marks, for steps of kind FAULT."""
    nexts: list[int]
    """The line at which reading continues; -1 if it is unknown."""

    def path(self, line: int) -> tuple[Ints, int]:
        """Return the lines on the way from this line, and the line at which the way stops."""
        path, nexts = [], self.nexts
        while (after := nexts[line]) >= 0:
            path.append(line)
            line = after
        return np.array(path, np.int64), line


def steps_of(at: Ints, feeds: Ints, lines: Lines, readings: tuple[Parity, Parity], longest: int) -> Steps:
    """Compute the steps.

    `at` has the byte index of each mark, `feeds` the mark of each line's line feed, in order. `readings` are those of
    parity 0 and 1.
    """
    count = len(lines.starts)
    kinds, faults = np.empty(count, np.uint8), np.empty(count, np.int64)
    nexts = np.arange(1, count + 1)
    beyond = np.append(at, np.iinfo(np.int64).max // 2)  # the position of a mark that is not in the block
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
    nexts[-1] = -1  # the last line has no line feed
    return Steps(lines=lines, kinds=kinds, faults=faults, nexts=nexts.tolist())


def _following(indexes: Ints, marks: Ints, none: int) -> Ints:
    """Return for each mark the first of the sorted indexes that is not before it; `none` if there is no such index."""
    found: Ints = np.append(indexes, none)[indexes.searchsorted(marks)]
    return found
