"""How one record is spelt: its fields from the bytes of a file, and the bytes that COPY reads from the fields.

The rules of `records.py`, one record at a time, for dialects that it does not know: fields without quotes or with
backslashes, quotes that are text, delimiters of several characters, lines that end with a carriage return. No look
goes further than `longest` + 2 bytes from a record's start, so any cut into blocks and chunks gives the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from chalicelib.domain.contract import Dialect, Empty, Escape, Limits, Newline, Quotes
from chalicelib.domain.records import Malformation, Malformed

CR = b"\r"


class More(Enum):
    """The record cannot be told from the bytes at hand."""

    NEEDED = "needed"


@dataclass(frozen=True, slots=True)
class Found:
    """One record."""

    stop: int
    """Index of its line end's last byte, or of the file's end."""
    values: list[bytes | None]
    """None for NULL."""
    changed: bool
    """COPY would not read these values from the record as it stands."""


class Spelling:
    """A dialect compiled to expressions."""

    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self.delimiter, self.quote = dialect.delimiter.encode(), dialect.quote.encode()
        self.newline = CR if dialect.newline is Newline.CR else b"\n"
        self.longest = limits.max_record_bytes
        self.backslash = dialect.escape is Escape.BACKSLASH
        self.lenient = dialect.quotes is Quotes.LENIENT
        self.null = null_words(dialect)
        self.staged_quote, self.staged_delimiter = dialect.staged_quote.encode(), dialect.staged_delimiter.encode()
        self._returns = self.newline != CR
        self._enclosed, self._plain, self._closing = self._expressions()
        self._escaped = re.compile(rb"\\(\r\n|.)", re.DOTALL)
        special = {self.quote, self.staged_quote, b"\\" if self.backslash else b"", b"" if self._returns else b"\n"}
        if self.staged_delimiter != self.delimiter:
            special.add(self.staged_delimiter)
        self.special = re.compile(b"|".join(re.escape(s) for s in sorted(special) if s))
        """What keeps a line from being its fields with delimiters between them."""
        self._to_quote = re.compile(b"[\r\n%s%s]" % (re.escape(self.staged_quote), re.escape(self.staged_delimiter)))

    def _expressions(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
        """Of a field in quotes, a field without, and of what may follow a closing quote."""
        quote, delimiter, newline = map(re.escape, (self.quote or b'"', self.delimiter, self.newline))
        escape = rb"\\(?:\r\n|[^\r]|\r(?!\n))" if self.backslash else b""
        slash = rb"\\" if self.backslash else b""
        inside = b"[^%s%s]*+" % (quote, slash)
        pair = b"(?:%s)" % b"|".join(part for part in (quote * 2, escape) if part)
        bare = b"" if self.lenient or not self.quote else quote
        one = len(self.delimiter) == 1
        run = b"[^%s%s%s%s]" % (newline, slash, bare, delimiter if one else b"")
        run = run + b"++" if one else b"(?:(?!%s)%s)++" % (delimiter, run)
        plain = b"(?:%s)*+" % b"|".join(part for part in (run, escape) if part)
        line_end = rb"\r?(?:\n|\Z)" if self._returns else rb"(?:\r|\Z)"
        return (
            re.compile(b"%s%s(?:%s%s)*+%s" % (quote, inside, pair, inside, quote)),
            re.compile(plain),
            re.compile(b"%s|%s" % (delimiter, line_end)),
        )

    # ---- reading ----------------------------------------------------------------------------------------------------

    def read(self, data: bytes, start: int, size: int, *, at_end: bool) -> Found | Malformed | More:
        """The record at `start`. `at_end` says that the file ends with the first `size` bytes."""
        reach = start + self.longest + max(2, len(self.delimiter))
        cap, whole = min(size, reach), at_end and size <= reach
        sure = cap if whole else cap - max(2, len(self.delimiter))
        more = size < reach and not at_end
        values: list[bytes | None] = []
        changed, at = self.staged_delimiter != self.delimiter, start
        while True:
            enclosed = bool(self.quote) and data.startswith(self.quote, at, cap)
            found = (self._enclosed if enclosed else self._plain).match(data, at, cap)
            stop = found.end() if found else cap
            if enclosed and (not found or stop > sure):
                return More.NEEDED if more else self._late(data, start, at, size)
            if enclosed and not self._closing.match(data, stop, cap):
                return self._fault(data, start, at, size, Malformed(why=Malformation.TEXT_AFTER_QUOTE, at=stop - 1))
            ended = self._line_end(data, stop, cap, enclosed)
            raw = data[at:stop]
            if not enclosed and ended >= 0 and self._returns and raw.endswith(CR):
                raw = raw[:-1]
            value = self._value(raw, enclosed)
            values.append(value)
            changed |= self._differs(raw, value, enclosed)
            if data.startswith(self.delimiter, stop, cap):
                at = stop + len(self.delimiter)
            elif not whole and (stop == cap or data.startswith(b"\\", stop, cap)):
                return More.NEEDED if more else Malformed(why=Malformation.TOO_LONG, at=start)
            elif ended < 0:
                escape = data.startswith(b"\\", stop, cap)
                why = Malformation.ESCAPE if escape else Malformation.BARE_QUOTE
                return self._fault(data, start, at, size, Malformed(why=why, at=stop))
            elif ended > start + self.longest:
                return self._late(data, start, at, size)
            else:
                return Found(ended, values, changed)

    def _line_end(self, data: bytes, stop: int, cap: int, enclosed: bool) -> int:
        """Index of the line end's last byte if one is at `stop`, else -1."""
        if enclosed and self._returns and data.startswith(CR, stop, cap):
            stop += 1
        return stop if stop == cap or data.startswith(self.newline, stop, cap) else -1

    def _fault(self, data: bytes, start: int, field: int, size: int, fault: Malformed) -> Malformed:
        """The fault, if it is met within the record's limit."""
        return fault if fault.at < start + self.longest else self._late(data, start, field, size)

    def _late(self, data: bytes, start: int, field: int, size: int) -> Malformed:
        """The record does not end in time: because of the quote that opens its last field, or because it is long."""
        limit = min(start + self.longest, size)
        text = data[field:limit]
        if self.backslash:
            text = self._escaped.sub(b"", text)
        if self.quote and text.startswith(self.quote) and text.count(self.quote) % 2:
            return Malformed(why=Malformation.UNCLOSED, at=field)
        return Malformed(why=Malformation.TOO_LONG, at=start)

    def _value(self, raw: bytes, enclosed: bool) -> bytes | None:
        if not enclosed and raw in self.null:
            return None
        text = raw[1:-1] if enclosed else raw
        if self.backslash and b"\\" in text:
            return b"".join(self._unescaped(text, enclosed))
        return text.replace(self.quote * 2, self.quote) if enclosed else text

    def _differs(self, raw: bytes, value: bytes | None, enclosed: bool) -> bool:
        if value is None or (self.backslash and b"\\" in raw):
            return True
        return not enclosed and (self.staged_quote in raw or (not self._returns and b"\n" in raw))

    def _unescaped(self, raw: bytes, enclosed: bool) -> list[bytes]:
        parts, at = [], 0
        for found in self._escaped.finditer(raw):
            before = raw[at : found.start()]
            parts += [before.replace(self.quote * 2, self.quote) if enclosed else before, found[1]]
            at = found.end()
        rest = raw[at:]
        return [*parts, rest.replace(self.quote * 2, self.quote) if enclosed else rest]

    # ---- writing ----------------------------------------------------------------------------------------------------

    def written(self, values: Iterable[bytes]) -> bytes:
        """The record as COPY reads it, without a line end."""
        row = self.staged_delimiter.join(
            value if not self._to_quote.search(value) else self._in_quotes(value) for value in values
        )
        return row or self.staged_quote * 2

    def _in_quotes(self, value: bytes) -> bytes:
        quote = self.staged_quote
        return quote + value.replace(quote, quote * 2) + quote


def null_words(dialect: Dialect) -> frozenset[bytes]:
    """The fields without quotes that are rewritten as NULL; an empty one needs no rewriting unless empty is text."""
    words = frozenset(word.encode() for word in dialect.null)
    return words if dialect.empty is Empty.TEXT else words - {b""}
