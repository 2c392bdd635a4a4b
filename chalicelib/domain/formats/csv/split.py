"""Cut a file into chunks at record boundaries, by small reads near the cuts only.

Whether a line feed at a cut ends a record depends on all quotes before it. The text near the cut usually decides. If
the cut is inside quotes, the first quote after it closes and the next one opens, and so on; outside quotes it is the
other way round. A quote opens only after a line end, a delimiter or another quote, and closes only before one of these.
One misplaced quote refutes one of the two states and so proves the other. If both states are possible, more bytes are
read. If both are still possible then, "outside" is assumed.

The cuts are guesses nevertheless, because a malformed file can prove anything; `books.first_gap` finds every wrong one.
So the reads to plan a file are bounded, for any content: at most MOST_CHUNKS chunks and MOST_LOOKS reads.
Source: Ge et al., Speculative Distributed CSV Data Parsing for Big Data Analytics, SIGMOD 2019.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Escape, Quotes
from chalicelib.domain.formats.csv.grammar import LF, Grammar
from chalicelib.domain.formats.csv.quotes import may_close, may_open
from chalicelib.domain.raw.bytesource import ByteSource, Range
from chalicelib.domain.raw.swar import PADDING

__all__ = ["Looks", "Range", "chunk_size", "plan_chunks"]

MOST_CHUNKS = 1_400
"""A larger file is cut into larger chunks: 100 GB into chunks of 72 MB."""
LARGEST_BYTES = 1_000_000_000
"""... up to the size whose staged part a worker can hold: beyond 1.4 TB the number of chunks grows again."""
MOST_LOOKS = 1_480
"""Most reads near the cuts of one file, except a few more where no line end is in sight."""
WINDOWS = (4 << 10, 64 << 10, 256 << 10, 1 << 20)
"""Bytes read at a cut: the next wider window follows until the state is clear."""
WIDER_BYTES = 64 << 20
"""Most bytes read in the wider windows of a file; after that only the windows that helped so far are read."""
CUTS_A_SECOND_LOOK = 32
"""Number of cuts after which one more wide look is allowed: a file's end may differ from its beginning."""


def plan_chunks(
    source: ByteSource, data_start: int, chunk_bytes: int, dialect: Dialect, limits: Limits
) -> tuple[Range, ...]:
    """Return ranges that cover [data_start, size), each of about `chunk_bytes`, or more in a large file.

    There is no range if the file has no data.
    """
    size = chunk_size(source.size - data_start, chunk_bytes)
    cuts = range(data_start + size, source.size, size)
    finder = _Finder(_Likened(source, dialect), Grammar.of(dialect, limits), Looks(len(cuts)))
    starts = [data_start] if data_start < source.size else []
    for cut in cuts:
        start = finder.record_start(cut, min(cut + size, source.size))
        if start is not None:
            starts.append(start)
    return tuple(Range(start=a, stop=b) for a, b in zip(starts, [*starts[1:], source.size], strict=False))


def chunk_size(data_bytes: int, wanted: int) -> int:
    """Return the bytes of each chunk of a file: more than wanted if there would be too many chunks."""
    return max(wanted, min(-(-data_bytes // MOST_CHUNKS), LARGEST_BYTES))


class Looks:
    """The budget of windows: every width while the budget lasts, then only the widths that helped so far.

    A wider window helps if it finds another record start than the narrower one did. In a text without quotes, or with
    only quotes, no width helps. Long records, or records with long texts, show which width they need.
    """

    def __init__(self, cuts: int) -> None:
        self.reads, self.bytes = MOST_LOOKS - cuts - cuts // CUTS_A_SECOND_LOOK, WIDER_BYTES
        self.cuts, self.spent, self.worth = 0, False, WINDOWS[0]

    def at_a_cut(self) -> Iterator[int]:
        """Yield the windows to read at the next cut, one after the other."""
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
        """Record that this window found more than the one before it."""
        self.worth = max(self.worth, window)


class _Likened:
    """A source in another dialect, changed to look like the dialect of COPY; every byte keeps its offset."""

    def __init__(self, source: ByteSource, dialect: Dialect) -> None:
        self.source, self.size = source, source.size
        self.newline, self.delimiter = dialect.line_end, dialect.delimiter.encode()
        self.quote, self.staged = dialect.staged_quote.encode(), dialect.staged_delimiter.encode()
        self.quoted, self.escaped = bool(dialect.quote), dialect.escape is Escape.BACKSLASH
        self.lenient = dialect.quotes is Quotes.LENIENT

    def read(self, start: int, length: int) -> bytes:
        """Return bytes [start, start + length), with misleading bytes replaced."""
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
    """Finds the first record start at or after each cut."""

    def __init__(self, source: _Likened, grammar: Grammar, looks: Looks) -> None:
        self.source, self.grammar, self.looks = source, grammar, looks

    def record_start(self, cut: int, limit: int) -> int | None:
        """Return the probable first record start in [cut, limit), or None without one."""
        start, sure, seen = None, False, 0
        for window in self.looks.at_a_cut():
            before, (start, sure) = start, self._look(cut, window)
            if seen and start != before:
                self.looks.learn(window)
            seen = window
            if sure:
                break
        for window in WINDOWS:
            if start is None and not sure and window > seen:  # without this cut a chunk would have twice the size
                start, sure = self._look(cut, window)
                self.looks.learn(window)
        return cut - 1 + start if start is not None and cut - 1 + start < limit else None

    def _look(self, cut: int, window: int) -> tuple[int | None, bool]:
        """Return the record start in a window, counted from the byte before the cut, and whether it is final."""
        source = self.source
        text = source.read(cut - 1, min(window + 1, source.size - cut + 1))  # the byte before the cut is its context
        inside = _states(text, self.grammar)
        start = _first_start(text, inside=inside == [True], grammar=self.grammar)
        decided = start is not None and (len(inside) != 2 or _plausible(text, self.grammar))
        return start, decided or cut - 1 + len(text) == source.size


def _states(text: bytes, grammar: Grammar) -> list[bool]:
    """Return whether text[1] may be outside (False) or inside (True) quotes; malformed text may allow neither."""
    padded = np.frombuffer(text + PADDING, np.uint8)
    at = np.flatnonzero(padded[1 : len(text)] == grammar.quote) + 1
    opens, closes = may_open(padded, at, grammar), may_close(padded, at, grammar)
    outside = bool(opens[0::2].all() and closes[1::2].all())
    inside = bool(closes[0::2].all() and opens[1::2].all())
    return [False] * outside + [True] * inside


def _first_start(text: bytes, *, inside: bool, grammar: Grammar) -> int | None:
    """Return the index after the first line feed outside quotes; `inside` gives the state at text[1]."""
    data = np.frombuffer(text, np.uint8)
    feeds = np.flatnonzero(data == LF)
    quotes = np.flatnonzero(data[1:] == grammar.quote) + 1
    outside = feeds[(quotes.searchsorted(feeds) + inside) % 2 == 0]
    return int(outside[0]) + 1 if len(outside) else None


def _plausible(text: bytes, grammar: Grammar) -> bool:
    """Return whether text without quotes looks like records.

    A quoted field is unlikely to be that long, or to have lines with equal numbers of delimiters.
    """
    if grammar.quote in text[1:]:
        return False
    lines = text.split(b"\n")[1:-1]
    widths = {line.count(grammar.delimiter) for line in lines}
    return len(text) > WINDOWS[1] or (len(lines) > 1 and len(widths) == 1 and widths != {0})
