"""Read one record: its fields from the bytes of a file, and from the fields the bytes that COPY reads.

For dialects that `records.py` does not support: fields without quotes or with backslashes, quotes that are text,
delimiters of several characters, lines that end with a carriage return. `block_reader.py` finds the records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Empty, Escape, Quotes

CR = b"\r"
SPACES = re.compile(b" *")


class More(Enum):
    """The bytes of the block do not show the whole record."""

    NEEDED = "needed"


@dataclass(frozen=True, slots=True)
class Found:
    """One record."""

    stop: int
    """Index of the last byte of the line end, or of the file's end."""
    values: list[bytes | None]
    """None for NULL."""
    changed: bool
    """COPY would read other values from the record's own bytes."""
    closed_up: bytes | None = None
    """The record without the spaces before its quotes, if it has any."""


class RecordReader:
    """A dialect compiled to expressions."""

    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self.delimiter, self.quote = dialect.delimiter.encode(), dialect.quote.encode()
        self.quoted = bool(self.quote)
        self.newline = dialect.line_end
        self.longest = limits.max_record_bytes
        self.backslash = dialect.escape is Escape.BACKSLASH
        self.lenient = dialect.quotes is Quotes.LENIENT
        self.blanks = dialect.blank_before_quote
        self.null = null_words(dialect)
        self.staged_quote, self.staged_delimiter = dialect.staged_quote.encode(), dialect.staged_delimiter.encode()
        self.rewritten = self.staged_delimiter != self.delimiter
        """COPY cannot read a record of several fields unchanged."""
        self.returns = self.newline != CR
        self.enclosed, self.inside, self.plain = self._expressions()
        self._escaped = re.compile(rb"\\(\r\n|.)", re.DOTALL)
        special = {self.quote, self.staged_quote, b"\\" if self.backslash else b"", b"" if self.returns else b"\n"}
        if self.rewritten:
            special.add(self.staged_delimiter)
        self.special = re.compile(b"|".join(re.escape(s) for s in sorted(special) if s))
        """Bytes that need the full reader; a line without them is split at its delimiters."""
        self._to_quote = re.compile(b"[\r\n%s%s]" % (re.escape(self.staged_quote), re.escape(self.staged_delimiter)))

    def _expressions(self) -> tuple[re.Pattern[bytes], ...]:
        """Compile the expressions of a field in quotes, of the text in it, and of a field without quotes."""
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
        return (
            re.compile(b"%s%s(?:%s%s)*+%s" % (quote, inside, pair, inside, quote)),
            re.compile(b"%s(?:%s%s)*+" % (inside, pair, inside)),
            re.compile(plain),
        )

    def opening(self, data: bytes, at: int, size: int) -> int:
        """Return the index of the quote that opens a field at `at`; -1 if the field has none."""
        if self.quoted and self.blanks and data.startswith(b" ", at, size):
            at = SPACES.match(data, at, size).end()  # type: ignore[union-attr]
        return at if self.quoted and data.startswith(self.quote, at, size) else -1

    def raw_fields(self, line: bytes) -> list[bytes]:
        """Return the fields of a line that is one record, as they are written."""
        fields, at = list[bytes](), 0
        while True:
            quote = self.opening(line, at, len(line))
            enclosed = self.enclosed.match(line, quote) if quote >= 0 else None
            stop = enclosed.end() if enclosed else self.plain.match(line, at).end()  # type: ignore[union-attr]
            if not line.startswith(self.delimiter, stop):
                return [*fields, line[at:]]
            fields.append(line[at:stop])
            at = stop + len(self.delimiter)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def line_starts(self, data: bytes, start: int, stop: int) -> Iterator[int]:
        """Yield where physical lines begin after escaped line ends, in a field without quotes."""
        if data.find(self.newline, start, stop) < 0:
            return
        for escape in self._escaped.finditer(data, start, stop):
            if self.newline in escape[1]:
                yield escape.end()
                if escape[1] != self.newline and not self.returns:  # the line feed after its line's carriage return
                    yield escape.end() - 1

    def ends_with_return(self, data: bytes, start: int, stop: int) -> bool:
        """Return whether a field without quotes ends with its line's carriage return. One that is escaped is text."""
        if stop <= start or not self.returns or data[stop - 1] != CR[0]:
            return False
        before = data[start : stop - 1] if self.backslash else b""
        return (len(before) - len(before.rstrip(b"\\"))) % 2 == 0

    def value(self, raw: bytes, enclosed: bool) -> bytes | None:
        """Return the value of a field's bytes; None for NULL."""
        if not enclosed and raw in self.null:
            return None
        if self.backslash and b"\\" in raw:
            return b"".join(self._unescaped(raw[1:-1] if enclosed else raw, enclosed))
        if not enclosed:
            return raw
        text = raw[1:-1]
        return text.replace(self.quote * 2, self.quote) if self.quote in text else text

    def differs(self, raw: bytes, value: bytes | None, enclosed: bool) -> bool:
        """Return whether COPY would read another value from the field's bytes."""
        if value is None or (self.backslash and b"\\" in raw):
            return True
        return not enclosed and (self.staged_quote in raw or CR in raw or b"\n" in raw)

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
        """Return the record as COPY reads it, without a line end."""
        row = self.staged_delimiter.join(
            value if not self._to_quote.search(value) else self._in_quotes(value) for value in values
        )
        return row or self.staged_quote * 2

    def _in_quotes(self, value: bytes) -> bytes:
        quote = self.staged_quote
        return quote + value.replace(quote, quote * 2) + quote


def null_words(dialect: Dialect) -> frozenset[bytes]:
    """Return the unquoted fields that are rewritten as NULL; an empty field is among them only if empty means text."""
    words = frozenset(word.encode() for word in dialect.null)
    return words if dialect.empty is Empty.TEXT else words - {b""}
