"""Cut a file into chunks on record boundaries, by small reads near the cuts only.

Whether a line feed at a cut ends a record depends on all the quotes before it. The cut's neighbourhood mostly tells: if
the cut is inside quotes, every second quote opens, else the others do, and a quote opens only after a line end, a
delimiter or another quote, and closes only before one. One misplaced quote refutes one of the two states, which proves
the other. Where both survive, more is read; where still both do, "outside" is taken.

The cuts are guesses all the same (a malformed file can prove anything): `books.misfit` finds every wrong one. So what
is read to plan a file may be bounded, whatever stands in it: at most MOST_CHUNKS chunks and MOST_LOOKS reads.
Source: Ge et al., Speculative Distributed CSV Data Parsing for Big Data Analytics, SIGMOD 2019.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from chalicelib.domain.contract.contract import Dialect, Escape, Limits, Newline, Quotes
from chalicelib.domain.formats.csv.grammar import LF, Grammar, may_close, may_open
from chalicelib.domain.raw.bytesource import ByteSource, Range
from chalicelib.domain.raw.swar import PADDING

__all__ = ["Range", "plan_chunks"]

MOST_CHUNKS = 1_400
"""A larger file is cut into larger chunks: 100 GB into chunks of 72 MB."""
LARGEST_BYTES = 1_000_000_000
"""... but not into larger ones than a worker can hold the staged part of: beyond 1.4 TB chunks become more again."""
MOST_LOOKS = 1_480
"""Reads near the cuts of one file, but for a handful where no line end is in sight."""
WINDOWS = (4 << 10, 64 << 10, 256 << 10, 1 << 20)
"""Bytes read at a cut, one after the other until its state is clear."""
WIDER_BYTES = 64 << 20
"""Read in all but the first windows of a file, before it is learnt which of them tells most."""
CUTS_A_SECOND_LOOK = 32
"""One more wider look for each so many cuts: what was learnt of a file's beginning may not hold for its end."""


def plan_chunks(
    source: ByteSource, data_start: int, chunk_bytes: int, dialect: Dialect, limits: Limits
) -> tuple[Range, ...]:
    """Ranges that cover [data_start, size), none if it is empty; of about `chunk_bytes`, of more in a large file."""
    size = max(chunk_bytes, min(-(-(source.size - data_start) // MOST_CHUNKS), LARGEST_BYTES))
    cuts = range(data_start + size, source.size, size)
    finder = _Finder(_Likened(source, dialect), Grammar.of(dialect, limits), _Looks(len(cuts)))
    starts = [data_start] if data_start < source.size else []
    for cut in cuts:
        start = finder.record_start(cut, min(cut + size, source.size))
        if start is not None:
            starts.append(start)
    return tuple(Range(start=a, stop=b) for a, b in zip(starts, [*starts[1:], source.size], strict=False))


class _Looks:
    """How widely each cut of a file may be looked at: in full while there is room, then as was worth it so far.

    A wider look is worth it if it finds another record start than the narrower one did. A text without quotes or with
    nothing else looks the same at any width; records that are long, or hold long texts, teach how long.
    """

    def __init__(self, cuts: int) -> None:
        self.reads, self.bytes = MOST_LOOKS - cuts - cuts // CUTS_A_SECOND_LOOK, WIDER_BYTES
        self.cuts, self.spent, self.worth = 0, False, WINDOWS[0]

    def at_a_cut(self) -> Iterator[int]:
        """The windows to look through, one after the other."""
        self.cuts += 1
        if self.cuts % CUTS_A_SECOND_LOOK == 0:
            self.reads, self.bytes = self.reads + 1, self.bytes + WINDOWS[-1]
        first, *wider = [window for window in WINDOWS if not self.spent or window >= self.worth]
        yield first
        for window in wider:
            if self.reads <= 0 or self.bytes < window:
                self.spent = True
                return
            self.reads, self.bytes = self.reads - 1, self.bytes - window
            yield window

    def learn(self, window: int) -> None:
        """This window told what the one before it did not."""
        self.worth = max(self.worth, window)


class _Likened:
    """A source in another dialect made to look like one in the dialect of COPY, byte for byte in place."""

    def __init__(self, source: ByteSource, dialect: Dialect) -> None:
        self.source, self.size = source, source.size
        self.newline, self.delimiter = (b"\r" if dialect.newline is Newline.CR else b"\n"), dialect.delimiter.encode()
        self.quote, self.staged = dialect.staged_quote.encode(), dialect.staged_delimiter.encode()
        self.quoted, self.escaped = bool(dialect.quote), dialect.escape is Escape.BACKSLASH
        self.lenient = dialect.quotes is Quotes.LENIENT

    def read(self, start: int, length: int) -> bytes:
        """Bytes [start, start + length), each that may mislead replaced."""
        text = self.source.read(start, length)
        if self.escaped:
            text = re.sub(rb"\\(?s:.)", b"xx", text)
        if self.newline == b"\r":
            text = text.replace(b"\n", b" ").replace(b"\r", b"\n")
        if not self.quoted:
            text = text.replace(self.quote, b"x")
        if self.delimiter != self.staged:
            text = text.replace(self.delimiter, self.staged * len(self.delimiter))
        if self.lenient:
            quote, around = re.escape(self.quote), b"\r\n" + re.escape(self.staged + self.quote)
            text = re.sub(b"(?<=[^%s])%s(?=[^%s])" % (around, quote, around), b"x", text)
        return text


class _Finder:
    """Looks for the first record start at or after each cut."""

    def __init__(self, source: _Likened, grammar: Grammar, looks: _Looks) -> None:
        self.source, self.grammar, self.looks = source, grammar, looks

    def record_start(self, cut: int, limit: int) -> int | None:
        """The first record start in [cut, limit), as far as can be told; None if there seems to be none."""
        start, sure, seen = None, False, 0
        for window in self.looks.at_a_cut():
            before, (start, sure) = start, self._look(cut, window)
            if seen and start != before:
                self.looks.learn(window)
            seen = window
            if sure:
                break
        for window in WINDOWS:
            if start is None and not sure and window > seen:  # a cut left out would double a chunk
                start, sure = self._look(cut, window)
                self.looks.learn(window)
        return cut - 1 + start if start is not None and cut - 1 + start < limit else None

    def _look(self, cut: int, window: int) -> tuple[int | None, bool]:
        """The record start seen through a window, counted from the byte before the cut, and whether to look no more."""
        source = self.source
        text = source.read(cut - 1, min(window + 1, source.size - cut + 1))  # the byte before the cut is its context
        inside = _states(text, self.grammar)
        start = _first_start(text, inside=inside == [True], grammar=self.grammar)
        notified = start is not None and (len(inside) != 2 or _plausible(text, self.grammar))
        return start, notified or cut - 1 + len(text) == source.size


def _states(text: bytes, grammar: Grammar) -> list[bool]:
    """Whether text[1] may be outside (False) or inside (True) quotes: both, one, or in malformed text none of them."""
    padded = np.frombuffer(text + PADDING, np.uint8)
    at = np.flatnonzero(padded[1 : len(text)] == grammar.quote) + 1
    opens, closes = may_open(padded, at, grammar), may_close(padded, at, grammar)
    outside = bool(opens[0::2].all() and closes[1::2].all())
    inside = bool(closes[0::2].all() and opens[1::2].all())
    return [False] * outside + [True] * inside


def _first_start(text: bytes, *, inside: bool, grammar: Grammar) -> int | None:
    """The index behind the first line feed outside quotes, if text[1] is outside or inside them."""
    data = np.frombuffer(text, np.uint8)
    feeds = np.flatnonzero(data == LF)
    quotes = np.flatnonzero(data[1:] == grammar.quote) + 1
    outside = feeds[(quotes.searchsorted(feeds) + inside) % 2 == 0]
    return int(outside[0]) + 1 if len(outside) else None


def _plausible(text: bytes, grammar: Grammar) -> bool:
    """Whether text without quotes looks like records: a quoted field of so many lines that look alike is unlikely."""
    if grammar.quote in text[1:]:
        return False
    lines = text.split(b"\n")[1:-1]
    widths = {line.count(grammar.delimiter) for line in lines}
    return len(text) > WINDOWS[1] or (len(lines) > 1 and len(widths) == 1 and widths != {0})
