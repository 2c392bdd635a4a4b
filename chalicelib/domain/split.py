"""Cut a file into chunks on record boundaries, by small reads near the cuts only.

Whether a line feed at a cut ends a record depends on all the quotes before it. The cut's neighbourhood mostly tells: if
the cut is inside quotes, every second quote opens, else the others do, and a quote opens only after a line end, a
delimiter or another quote, and closes only before one. One misplaced quote refutes one of the two states, which proves
the other. Where both survive, more is read; where still both do, "outside" is taken.

The cuts are guesses all the same (a malformed file can prove anything): `books.misfit` finds every wrong one.
Source: Ge et al., Speculative Distributed CSV Data Parsing for Big Data Analytics, SIGMOD 2019.
"""

from __future__ import annotations

import re

import numpy as np

from chalicelib.domain.bytesource import ByteSource, Range
from chalicelib.domain.contract import Dialect, Escape, Limits, Newline, Quotes
from chalicelib.domain.records import LF, Grammar, may_close, may_open
from chalicelib.domain.swar import PADDING

__all__ = ["Range", "plan_chunks"]

WINDOWS = (4 << 10, 64 << 10, 1 << 20)
"""Bytes read at a cut, one after the other until its state is clear."""


def plan_chunks(
    source: ByteSource, data_start: int, chunk_bytes: int, dialect: Dialect, limits: Limits
) -> tuple[Range, ...]:
    """Ranges of about `chunk_bytes` that cover [data_start, size), none if that is empty."""
    grammar, likened = Grammar.of(dialect, limits), _Likened(source, dialect)
    starts = [data_start] if data_start < source.size else []
    for cut in range(data_start + chunk_bytes, source.size, chunk_bytes):
        start = _record_start(likened, cut, min(cut + chunk_bytes, source.size), grammar)
        if start is not None:
            starts.append(start)
    return tuple(Range(start=a, stop=b) for a, b in zip(starts, [*starts[1:], source.size], strict=False))


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


def _record_start(source: ByteSource, cut: int, limit: int, grammar: Grammar) -> int | None:
    """The first record start in [cut, limit), as far as can be told; None if there seems to be none."""
    start = None
    for window in WINDOWS:
        text = source.read(cut - 1, min(window + 1, source.size - cut + 1))  # the byte before the cut is its context
        at_end = cut - 1 + len(text) == source.size
        inside = _states(text, grammar)
        start = _first_start(text, inside=inside == [True], grammar=grammar)
        if at_end or (start is not None and (len(inside) != 2 or _plausible(text, grammar))):
            break
    return cut - 1 + start if start is not None and cut - 1 + start < limit else None


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
