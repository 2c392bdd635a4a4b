"""Where records begin and end: RFC 4180 with a way back from malformed quotes, for a whole block at once.

From a true record start p the automaton is: a blank line is skipped; otherwise fields are read, and the record ends at
the first line end outside quotes. If a quote stands where none may stand, a quote is still open after `longest` bytes
or at the end of the file, or no line end comes within `longest` bytes, then the record is the physical line at p, it is
at fault, and reading goes on at the next physical line. So one stray quote costs one line, and what a block says about
a record depends on no more than `longest` + 2 bytes after its start: any cut into chunks and blocks gives the same.

In place of stepping through bytes the block's quotes are counted. As long as no quote is out of place, a byte is inside
quotes if and only if an odd number of quotes precede it, and a quote is out of place if it opens after anything but a
line end, a delimiter or a quote, or closes before anything else. A malformed line with an odd number of quotes flips
the parity for all that follows; both parities are worked out beforehand, so that each fault costs two bisections.
Source: Ge et al., Speculative Distributed CSV Data Parsing for Big Data Analytics, SIGMOD 2019.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from chalicelib.domain.contract import Dialect, Limits
from chalicelib.domain.swar import Bytes, Ints, Mask

LF, CR = 10, 13


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """How records are written, as bytes."""

    delimiter: int
    quote: int
    longest: int
    """The most bytes of a record, its line feed not counted."""

    @classmethod
    def of(cls, dialect: Dialect, limits: Limits) -> Grammar:
        """That of what COPY reads, and of a file whose dialect is no other."""
        longest = limits.max_record_bytes
        return cls(delimiter=ord(dialect.staged_delimiter), quote=ord(dialect.staged_quote), longest=longest)


class Malformation(Enum):
    """Why a physical line is not a record."""

    BARE_QUOTE = "a quote stands inside a field that does not start with one"
    TEXT_AFTER_QUOTE = "text follows a closing quote"
    UNCLOSED = "a quote is never closed"
    TOO_LONG = "the record is longer than the limit"
    ESCAPE = "the file ends with a backslash, which stands for nothing by itself"


@dataclass(frozen=True, kw_only=True)
class Malformed:
    """One line at fault."""

    why: Malformation
    at: int
    """Index of the quote at fault in the block; of the line's start if the record is too long."""


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
    """For each record the place of its end within `marks`."""
    line_feeds: Ints
    """Index of every line feed of the block, also beyond `consumed`."""
    consumed: int
    """Where the next record starts."""
    malformed: dict[int, Malformed] = field(default_factory=dict)
    """Rows at fault."""
    unended: Malformed | None = None
    """The line at `consumed` is at fault and its end is not in the block."""
    quoted: bool = False
    """The block holds quotes."""


def scan(block: Bytes, size: int, *, at_end: bool, grammar: Grammar) -> Records:
    """Find the records in the first `size` bytes of a padded block that begins with a record and may end within one.

    `at_end` says that the file ends with these bytes. A record is left for the next block if its end is not in this
    one, unless it is at fault whatever follows.
    """
    scan_ = _Scan(block, size, at_end, grammar)
    scan_.walk()
    return scan_.records()


@dataclass(frozen=True, kw_only=True)
class _Parity:
    """What the marks mean if `parity` quotes (mod 2) before the block's quotes are taken as given."""

    ends: Ints
    """Places among the marks of the line feeds outside quotes."""
    faults: Ints
    """Places among the marks of quotes out of place."""
    too_long: Ints
    """Places within `ends` of those that lie too far from the one before."""


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
        self.spans: list[tuple[int, int]] = []  # (first mark, parity) of well-formed runs; parity 2: a malformed line
        self.faults: dict[int, Malformed] = {}
        self.consumed = 0
        self.unended: Malformed | None = None
        self._parities: dict[int, _Parity] = {}

    # ---- both readings of the quotes --------------------------------------------------------------------------------

    def parity(self, flip: int) -> _Parity:
        """The reading in which the block starts outside (0) or inside (1) quotes."""
        if flip not in self._parities:
            ends = self.feeds[self.odd[self.feeds] == bool(flip)]
            lengths = np.diff(self.at[ends], prepend=-1) - 1
            self._parities[flip] = _Parity(
                ends=ends, faults=self._out_of_place(flip), too_long=np.flatnonzero(lengths > self.grammar.longest)
            )
        return self._parities[flip]

    def _out_of_place(self, flip: int) -> Ints:
        """Marks of quotes that open or close where none may."""
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
            flip = int(self.before[mark - 1]) & 1 if mark else 0
            fault = self._run(mark, flip)
            if fault is None:
                return
            self.faults[self.consumed] = fault
            mark = self._skip_line()
            if self.unended:
                return

    def _run(self, mark: int, flip: int) -> Malformed | None:
        """Take well-formed records from `consumed` on; returns what is wrong with the record after them, if known."""
        reading = self.parity(flip)
        first = int(reading.ends.searchsorted(mark))
        fault = _next(reading.faults, mark)
        too_long = _next(reading.too_long, first)
        stop = len(reading.ends) if fault is None else int(reading.ends.searchsorted(fault))
        if too_long is not None and too_long < stop:
            stop, fault = too_long, None
        if stop > first:
            self.consumed = int(self.at[reading.ends[stop - 1]]) + 1
            self.spans.append((mark, flip))
        if fault is not None and self.at[fault] < self.consumed + self.grammar.longest:
            opens = bool(self.odd[fault]) != bool(flip)
            why = Malformation.BARE_QUOTE if opens else Malformation.TEXT_AFTER_QUOTE
            return Malformed(why=why, at=int(self.at[fault]))
        if fault is not None or too_long is not None:
            return self._overlong(flip)
        return self._tail(mark, flip)

    def _tail(self, mark: int, flip: int) -> Malformed | None:
        """Judge what follows the last line end outside quotes: the file's last record, or one to be read on."""
        length = self.size - self.consumed
        if length > self.grammar.longest + (0 if self.at_end else 1):
            return self._overlong(flip)
        if not self.at_end or not length:
            return None
        if len(self.before) and (int(self.before[-1]) & 1) != flip:
            return self._overlong(flip)
        if not self.spans or self.spans[-1] != (mark, flip):
            self.spans.append((mark, flip))
        self.consumed = self.size
        return None

    def _overlong(self, flip: int) -> Malformed:
        """The record at `consumed` does not end in time: because of an open quote, or because it is just long."""
        limit = min(self.consumed + self.grammar.longest, self.size)
        mark, first = int(self.at.searchsorted(limit)), int(self.at.searchsorted(self.consumed))
        quotes = int(self.before[mark - 1]) if mark else 0
        if (quotes & 1) == flip:
            return Malformed(why=Malformation.TOO_LONG, at=self.consumed)
        before = int(self.before[first - 1]) if first else 0
        return Malformed(why=Malformation.UNCLOSED, at=_last_opening(self.at[self.quotes[before:quotes]]))

    def _skip_line(self) -> int:
        """Move `consumed` behind the malformed line that starts there; returns the first mark after it."""
        mark = int(self.at.searchsorted(self.consumed))
        place = int(self.feeds.searchsorted(mark))
        self.spans.append((mark, 2))
        if place < len(self.feeds):
            mark = int(self.feeds[place]) + 1
            self.consumed = int(self.at[mark - 1]) + 1
        elif self.at_end:
            mark, self.consumed = len(self.at), self.size
        else:
            self.spans.pop()
            self.unended = self.faults.pop(self.consumed)
        return mark

    # ---- the outcome ------------------------------------------------------------------------------------------------

    def records(self) -> Records:
        """The walk's outcome as arrays."""
        used = int(self.at.searchsorted(self.consumed))
        keep = self._structural(used)
        places = np.flatnonzero(keep)
        marks = self.at[:used][places]
        last = np.flatnonzero(self.is_feed[:used][places])
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
            malformed={int(starts.searchsorted(at)): fault for at, fault in self.faults.items()},
            unended=self.unended,
            quoted=len(self.quotes) > 0,
        )

    def _structural(self, used: int) -> Mask:
        """Which of the first `used` marks are delimiters or line feeds outside quotes, as the walk has found."""
        keep: Mask = ~self.is_quote[:used] & ~self.odd[:used]
        if len(self.spans) <= 1 and not self.faults:
            return keep
        firsts = np.array([first for first, _ in self.spans] + [used])
        parities = np.array([parity for _, parity in self.spans], np.int8)
        reading = np.repeat(parities, np.diff(firsts))
        keep = ~self.is_quote[:used] & (self.odd[:used] == reading)
        bad_lines = np.flatnonzero(parities == 2)
        closing = firsts[bad_lines + 1] - 1  # a malformed line keeps its line feed only
        closing = closing[closing >= firsts[bad_lines]]
        keep[closing[self.is_feed[closing]]] = True
        return keep


def _last_opening(quotes: Ints) -> int:
    """Of a record's quotes, an odd number, the last that opens a field: not the second one of a doubled quote."""
    opens, closes = quotes[0::2], quotes[1::2]
    alone = np.flatnonzero(opens[1:] != closes + 1)
    return int(opens[alone[-1] + 1]) if len(alone) else int(opens[0])


def may_open(block: Bytes, at: Ints, grammar: Grammar) -> Mask:
    """Whether quotes at these indices may open: after a line end, a delimiter or a closing quote, or at index 0."""
    before = block[np.maximum(at - 1, 0)]
    fits: Mask = (before == LF) | (before == grammar.delimiter) | (before == grammar.quote) | (at == 0)
    return fits


def may_close(block: Bytes, at: Ints, grammar: Grammar) -> Mask:
    """Whether quotes at these indices may close: before a line end, a delimiter or another quote.

    The padding's line feed counts as one: rightly at the file's end; elsewhere because nothing is known there yet.
    """
    after, second = block[at + 1], block[at + 2]
    fits: Mask = (after == LF) | (after == grammar.delimiter) | (after == grammar.quote)
    fits |= (after == CR) & (second == LF)
    return fits


def _next(places: Ints, at_least: int) -> int | None:
    """The first of the sorted places that is not before `at_least`."""
    found = int(places.searchsorted(at_least))
    return int(places[found]) if found < len(places) else None
