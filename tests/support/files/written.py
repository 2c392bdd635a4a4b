"""A slow, obvious reader of every dialect: one byte at a time. It shares no code with the engine but the contract's."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.contract.dialect import Dialect, Empty, EmptyRecords, Escape, Newline, Quotes

LF, CR = 10, 13


@dataclass(frozen=True, kw_only=True)
class Written:
    """One stretch of a file."""

    kind: str
    """row, bad, blank, comment or empty."""
    line: int
    start: int
    end: int
    """Where the next one starts."""
    raw: bytes
    """Without its line end."""
    values: tuple[bytes | None, ...] = ()


class Malformed(Exception):
    """Not a record."""


def read(data: bytes, start: int, dialect: Dialect, longest: int) -> list[Written]:
    found: list[Written] = []
    while start < len(data):
        found.append(_Reader(data, dialect, longest).stretch(start))
        start = found[-1].end
    return found


class _Reader:
    def __init__(self, data: bytes, dialect: Dialect, longest: int) -> None:
        self.data, self.dialect, self.longest = data, dialect, longest
        self.newline = CR if dialect.newline is Newline.CR else LF
        words = {word.encode() for word in dialect.null}
        self.words = words if dialect.empty is Empty.TEXT else words - {b""}

    def stretch(self, start: int) -> Written:
        data, values = self.data, ()
        feed = data.find(bytes([self.newline]), start)
        line_end = feed if feed >= 0 else len(data)
        content = data[start:line_end]
        if self.newline == LF:
            content = content.removesuffix(b"\r")
        kind, end = "row", line_end
        comment = self.dialect.comment.encode()
        if (comment and content.startswith(comment)) or not content:
            kind = (
                ("comment" if comment and content.startswith(comment) else "blank")
                if (line_end - start <= self.longest)
                else "bad"
            )
        else:
            try:
                fields, end = self.record(start)
                values = tuple(fields)
            except Malformed:
                kind = "bad"
        raw = data[start:end]
        if self.newline == LF:
            raw = raw.removesuffix(b"\r")
        skips = self.dialect.empty_records is EmptyRecords.SKIP and len(values) > 1
        if kind == "row" and skips and raw == self.dialect.delimiter.encode() * (len(values) - 1):
            kind = "empty"
        line = data[:start].count(self.newline) + 1
        return Written(kind=kind, line=line, start=start, end=min(end + 1, len(data)), raw=raw, values=values)

    def line_end(self, at: int) -> int | None:
        """Index of the line end's last byte if there is one at `at`."""
        data = self.data
        if at == len(data) or data[at] == self.newline:
            return at
        if self.newline == LF and data[at] == CR and data[at + 1 : at + 2] in (b"", b"\n"):
            return at + 1
        return None

    def record(self, start: int) -> tuple[list[bytes | None], int]:  # noqa: C901 (a plain list of cases)
        data, dialect = self.data, self.dialect
        delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
        fields: list[bytes | None] = []
        value, state, at, began = bytearray(), "start", start, start
        while True:
            end = None if state == "quoted" else self.line_end(at)
            if end is not None:
                if end > start + self.longest:
                    raise Malformed
                raw = data[began:at]
                fields.append(None if state != "closed" and raw in self.words else bytes(value))
                return fields, end
            if at >= min(start + self.longest, len(data)):
                raise Malformed
            byte = data[at : at + 1]
            if byte == b"\\" and dialect.escape is Escape.BACKSLASH and state != "closed":
                width = 2 if data[at + 1 : at + 3] == b"\r\n" else 1
                if at + 1 == len(data):
                    raise Malformed
                value += data[at + 1 : at + 1 + width]
                at += 1 + width
                state = "plain" if state == "start" else state
            elif state == "quoted":
                if byte == quote and data[at + 1 : at + 2] == quote:
                    value += quote
                    at += 2
                else:
                    state = "closed" if byte == quote else state
                    value += b"" if byte == quote else byte
                    at += 1
            elif data.startswith(delimiter, at):
                raw = data[began:at]
                fields.append(None if state != "closed" and raw in self.words else bytes(value))
                at += len(delimiter)
                value, state, began = bytearray(), "start", at
            elif state == "closed":
                raise Malformed
            elif byte == quote and state == "start":
                state, at = "quoted", at + 1
            elif dialect.blank_before_quote and state == "start" and data[at:].lstrip(b" ").startswith(quote or b"\0"):
                state, at = "quoted", data.index(quote, at) + 1
            elif byte == quote and dialect.quotes is Quotes.STRICT:
                raise Malformed
            else:
                value += byte
                state, at = "plain", at + 1
