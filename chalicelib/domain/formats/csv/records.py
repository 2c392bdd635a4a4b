"""Find where records begin and end: RFC 4180 with recovery from malformed quotes, for a whole block at once.

From a true record start p the automaton works as follows. It skips a blank line. Otherwise it reads fields, and the
record ends at the first line end outside quotes. The record is malformed in three cases: a quote is misplaced; a quote
is still open after `longest` bytes or at the end of the file; no line end comes within `longest` bytes. Then the record
is the physical line at p, and reading continues at the next physical line. So one stray quote costs one line. The
result for a record depends on at most `longest` + 2 bytes after its start, so every division into chunks and blocks
gives the same records.

The scan counts the block's quotes instead of stepping through its bytes. While no quote is misplaced, a byte is inside
quotes if and only if an odd number of quotes precede it. A quote is misplaced if it opens after anything but a line
end, a delimiter or a quote, or closes before anything else. A malformed line with an odd number of quotes flips the
parity of all bytes after it. Both parities are computed in advance, so that each fault costs two bisections.
A block with many faults is a storm: `storm.py` computes for all lines at once which line follows a record that starts
there, and the walk only follows these steps.
Source: Ge et al., Speculative Distributed CSV Data Parsing for Big Data Analytics, SIGMOD 2019.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.formats.csv.grammar import (
    LF,
    OUT_OF_PLACE,
    Grammar,
    Malformation,
    Malformed,
)
from chalicelib.domain.formats.csv.quotes import may_close, may_open
from chalicelib.domain.formats.csv.storm import Lines, Parity, Step, Steps, steps_of
from chalicelib.domain.raw.swar import Bytes, Ints, Mask

FEW_FAULTS = 32
"""Number of malformed lines in a block that are handled one by one."""
MALFORMED = 2
"""The parity of a malformed line: only its line feed is a mark."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records that tile bytes [0, consumed) of a block, malformed and blank lines among them."""

    starts: Ints
    """Index of each record's first byte."""
    ends: Ints
    """Index of each record's line feed, or of the file's end."""
    marks: Ints
    """Index of every delimiter outside quotes and of every end, in order."""
    last_mark: Ints
    """For each record, the index of its end in `marks`."""
    line_feeds: Ints
    """Index of every line feed of the block, including those after `consumed`."""
    consumed: int
    """Index of the next record's start."""
    malformed: dict[int, Malformed] = field(default_factory=dict)
    """Malformed rows, with their faults."""
    unended: Malformed | None = None
    """The fault of the line at `consumed`, whose end is not in the block."""
    quoted: bool = False
    """The block holds quotes."""
    looked: int = 0
    """Number of bytes examined; bytes that a fault's reason needed again count twice."""


def scan(block: Bytes, size: int, *, at_end: bool, grammar: Grammar) -> Records:
    """Find the records in the first `size` bytes of a padded block that begins with a record and may end within one.

    `at_end`: the file ends with these bytes. A record whose end is not in this block is left for the next block, unless
    it is malformed for any continuation.
    """
    scan_ = _Scan(block, size, at_end, grammar)
    scan_.walk()
    return scan_.records()


class _Scan:
    """One block's scan: vectorised counting, then a walk from fault to fault (one step if there is none)."""

    def __init__(self, block: Bytes, size: int, at_end: bool, grammar: Grammar) -> None:
        self.block, self.size, self.at_end, self.grammar = block, size, at_end, grammar
        data = block[:size]
        special = data == LF
        special |= data == grammar.delimiter
        special |= data == grammar.quote
        self.at = np.flatnonzero(special)
        kind = block[self.at]
        self.is_quote, self.is_feed = kind == grammar.quote, kind == LF
        self.before = np.cumsum(self.is_quote, dtype=np.int32)  # quotes up to and with this mark
        self.odd = (self.before & 1).astype(np.bool_)
        self.feeds, self.quotes = np.flatnonzero(self.is_feed), np.flatnonzero(self.is_quote)
        self.firsts: list[int] = []  # the first mark of each well-formed run or malformed line
        self.parities: list[int] = []  # the parity of each run; MALFORMED for a malformed line
        self.faults: dict[int, Malformed] = {}
        self.consumed = 0
        self.unended: Malformed | None = None
        self._parities: dict[int, Parity] = {}
        self._steps: Steps | None = None
        self.looked = size

    # ---- both readings of the quotes --------------------------------------------------------------------------------

    def parity(self, flip: int) -> Parity:
        """Return the reading in which the block starts outside (0) or inside (1) quotes."""
        if flip not in self._parities:
            ends = self.feeds[self.odd[self.feeds] == bool(flip)]
            lengths = np.diff(self.at[ends], prepend=-1) - 1
            self._parities[flip] = Parity(
                ends=ends, faults=self._out_of_place(flip), too_long=np.flatnonzero(lengths > self.grammar.longest)
            )
        return self._parities[flip]

    def _out_of_place(self, flip: int) -> Ints:
        """Return the marks of quotes that open or close at a position where none may."""
        opens = self.odd[self.quotes] != bool(flip)
        at = self.at[self.quotes]
        return self.quotes[
            np.where(opens, ~may_open(self.block, at, self.grammar), ~may_close(self.block, at, self.grammar))
        ]

    # ---- the walk ---------------------------------------------------------------------------------------------------

    def walk(self) -> None:
        """Alternate well-formed runs and malformed lines until the block is used up."""
        mark = 0
        while self.consumed < self.size:
            if len(self.faults) >= FEW_FAULTS:
                mark = self._storm(mark)
                if self.consumed >= self.size:
                    return
            flip = int(self.before[mark - 1]) & 1 if mark else 0
            fault = self._run(mark, flip)
            if fault is None:
                return
            self.faults[self.consumed] = fault
            mark = self._skip_line()
            if self.unended:
                return

    def _run(self, mark: int, flip: int) -> Malformed | None:
        """Take well-formed records from `consumed` on. Return the fault of the record after them, if it is known."""
        reading = self.parity(flip)
        first = int(reading.ends.searchsorted(mark))
        fault = _next(reading.faults, mark)
        too_long = _next(reading.too_long, first)
        stop = len(reading.ends) if fault is None else int(reading.ends.searchsorted(fault))
        if too_long is not None and too_long < stop:
            stop, fault = too_long, None
        if stop > first:
            self.consumed = int(self.at[reading.ends[stop - 1]]) + 1
            self._span(mark, flip)
        if fault is not None and self.at[fault] < self.consumed + self.grammar.longest:
            opens = bool(self.odd[fault]) != bool(flip)
            return Malformed(why=OUT_OF_PLACE[opens], at=int(self.at[fault]))
        if fault is not None or too_long is not None:
            return self._overlong(flip)
        return self._tail(mark, flip)

    def _tail(self, mark: int, flip: int) -> Malformed | None:
        """Judge the bytes after the last line end outside quotes: the file's last record, or an incomplete one."""
        length = self.size - self.consumed
        if length > self.grammar.longest + (0 if self.at_end else 1):
            return self._overlong(flip)
        if not self.at_end or not length:
            return None
        if len(self.before) and (int(self.before[-1]) & 1) != flip:
            return self._overlong(flip)
        if not self.firsts or (self.firsts[-1], self.parities[-1]) != (mark, flip):
            self._span(mark, flip)
        self.consumed = self.size
        return None

    def _span(self, mark: int, parity: int) -> None:
        """Record that a well-formed run, or a malformed line, begins with this mark."""
        self.firsts.append(mark)
        self.parities.append(parity)

    def _overlong(self, flip: int) -> Malformed:
        """Return why the record at `consumed` does not end within the limit: an open quote, or only its length."""
        limit = min(self.consumed + self.grammar.longest, self.size)
        mark, first = int(self.at.searchsorted(limit)), int(self.at.searchsorted(self.consumed))
        quotes = int(self.before[mark - 1]) if mark else 0
        if (quotes & 1) == flip:
            return Malformed(why=Malformation.TOO_LONG, at=self.consumed)
        before = int(self.before[first - 1]) if first else 0
        self.looked += quotes - before
        return Malformed(why=Malformation.UNCLOSED, at=_last_opening(self.at[self.quotes[before:quotes]]))

    def _skip_line(self) -> int:
        """Move `consumed` past the malformed line that starts there. Return the first mark after it."""
        mark = int(self.at.searchsorted(self.consumed))
        feed = int(self.feeds.searchsorted(mark))
        self._span(mark, MALFORMED)
        if feed < len(self.feeds):
            mark = int(self.feeds[feed]) + 1
            self.consumed = int(self.at[mark - 1]) + 1
        elif self.at_end:
            mark, self.consumed = len(self.at), self.size
        else:
            del self.firsts[-1], self.parities[-1]
            self.unended = self.faults.pop(self.consumed)
        return mark

    def _storm(self, mark: int) -> int:
        """Go from line to line by the steps computed for all lines. Return the mark at which the steps end."""
        steps = self._steps = self._steps or self._all_steps(mark)
        lines = steps.lines
        path, last = steps.path(int(lines.marks.searchsorted(mark)))
        kinds, parities = steps.kinds[path], lines.parities[path]
        self.firsts += lines.marks[path].tolist()
        self.parities += np.where(kinds == Step.RECORD, parities, MALFORMED).tolist()
        astray = kinds == Step.FAULT
        quotes = steps.faults[path[astray]]
        reasons = zip((self.odd[quotes] != parities[astray]).tolist(), self.at[quotes].tolist(), strict=True)
        for start, (opens, at) in zip(lines.starts[path[astray]].tolist(), reasons, strict=True):
            self.faults[start] = Malformed(why=OUT_OF_PLACE[opens], at=at)
        for line in path[kinds == Step.LATE].tolist():
            self.consumed = int(lines.starts[line])
            self.faults[self.consumed] = self._overlong(int(lines.parities[line]))
        self.consumed = int(lines.starts[last])
        return int(lines.marks[last])

    def _all_steps(self, mark: int) -> Steps:
        feeds = self.feeds[self.feeds.searchsorted(mark) :]
        marks, starts = np.append(mark, feeds + 1), np.append(self.consumed, self.at[feeds] + 1)
        parities = self.odd[np.maximum(marks - 1, 0)] & (marks > 0)
        lines = Lines(starts=starts, marks=marks, parities=parities.astype(np.uint8))
        return steps_of(self.at, feeds, lines, (self.parity(0), self.parity(1)), self.grammar.longest)

    # ---- the outcome ------------------------------------------------------------------------------------------------

    def records(self) -> Records:
        """Return the walk's outcome as arrays."""
        used = int(self.at.searchsorted(self.consumed))
        keep = self._structural(used)
        kept = np.flatnonzero(keep)
        marks = self.at[:used][kept]
        last = np.flatnonzero(self.is_feed[:used][kept])
        if self.consumed and (not len(last) or marks[last[-1]] + 1 < self.consumed):
            marks, last = np.append(marks, self.consumed), np.append(last, len(marks))
        ends = marks[last]
        starts = np.empty(len(ends), np.int64)
        starts[:1] = 0
        starts[1:] = ends[:-1] + 1
        return Records(
            starts=starts,
            ends=ends,
            marks=marks,
            last_mark=last,
            line_feeds=self.at[self.feeds],
            consumed=self.consumed,
            malformed=dict(zip(starts.searchsorted(list(self.faults)).tolist(), self.faults.values(), strict=True)),
            unended=self.unended,
            quoted=len(self.quotes) > 0,
            looked=self.looked,
        )

    def _structural(self, used: int) -> Mask:
        """Return which of the first `used` marks are delimiters or line feeds outside quotes, by the walk's result."""
        keep: Mask = ~self.is_quote[:used] & ~self.odd[:used]
        if len(self.firsts) <= 1 and not self.faults:
            return keep
        firsts, parities = np.array([*self.firsts, used]), np.array(self.parities, np.int8)
        reading = np.repeat(parities, np.diff(firsts))
        keep = ~self.is_quote[:used] & (self.odd[:used] == reading)
        bad_lines = np.flatnonzero(parities == MALFORMED)
        closing = firsts[bad_lines + 1] - 1  # a malformed line keeps only its line feed
        closing = closing[closing >= firsts[bad_lines]]
        keep[closing[self.is_feed[closing]]] = True
        return keep


def _last_opening(quotes: Ints) -> int:
    """Return the last of an odd number of quotes that opens a field: not the second quote of a doubled one."""
    opens, closes = quotes[0::2], quotes[1::2]
    alone = np.flatnonzero(opens[1:] != closes + 1)
    return int(opens[alone[-1] + 1]) if len(alone) else int(opens[0])


def _next(indexes: Ints, at_least: int) -> int | None:
    """Return the first of the sorted indexes that is not before `at_least`."""
    found = int(indexes.searchsorted(at_least))
    return int(indexes[found]) if found < len(indexes) else None
