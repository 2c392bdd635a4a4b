"""Find where one value of a JSON file ends, from where it begins: NDJSON, concatenated objects and arrays alike.

The values of a file are whatever stands between blanks and commas, behind the bracket that opens an array, or between
two arrays that follow each other. From the start of a value the rule is: if it is JSON, it ends where JSON ends.
Otherwise it ends with its physical line, or before an object on that line that follows a closing brace without a comma,
which JSON has only between two values. So a broken object costs one line, as in CSV.

Behind a broken line it may be unknown where the next object begins: in an array on one line, or in objects over many
indented lines, an inner object looks like one of the file's own. Then the record is `undivided`, and the file is
refused. What is found depends on at most MOST_LOOKED longest records behind the start, so that every division into
chunks and blocks gives the same records.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.documents import MOST_DEPTH, too_deep
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.json.objects import ObjectReader

PIECE_BYTES = 4096
"""Bytes that are looked at first; each further look has four times as many."""
LONGEST_TOKEN = 16
"""More bytes than a word, an escape or the end of a number has. A fault so near to the end may be a cut token."""
MOST_LOOKED = 4
"""How many times the longest record is looked at for the end of a value."""
SEPARATORS = re.compile(rb"[ \t\r\n,]*+(?:\][ \t\r\n]{0,64}+\[[ \t\r\n,]*+)*+")
"""What may stand between two values; also the end of an array and the start of the next one."""
CUT_SEPARATOR = re.compile(rb"(?:\][ \t\r\n]{0,64}+)?+")
"""What more bytes may turn into such a gap."""
BOUNDARY = re.compile(rb"\n|}[ \t\r]*+(?={)")
ON_ONE_LINE = re.compile(rb"}[ \t\r]*+,[ \t\r]*+{")
CONTINUES = frozenset(b' \t]},"')
"""Bytes at the start of a line that continues a value."""
WRONG = {
    "Expecting value": "a value is missing",
    "Expecting property name": "a name in quotes is missing",
    "Illegal trailing comma": "a comma stands before a closing bracket",
    "Expecting ':'": "a colon is missing",
    "Expecting ','": "a comma or a closing bracket is missing",
    "Invalid control": "a text has a line end or another control character",
    "Invalid \\": "an escape is not valid",
    "Unterminated": "a quote is never closed",
}
"""What is wrong, by the beginning of the message of Python's reader."""


@dataclass(frozen=True, slots=True)
class Found:
    """One record of the file."""

    end: int
    """Index after the value."""
    fields: list[bytes] | RowFault
    undivided: bool = False


@dataclass(frozen=True, slots=True)
class Endless:
    """The record at `at` is broken, and its line is longer than what is looked at."""

    at: int


def next_value(data: bytes, at: int, size: int) -> int:
    """Return the index of the first byte from `at` on that is no separator; `size` if all are."""
    return SEPARATORS.match(data, at, size).end()  # type: ignore[union-attr]


class RecordFinder:
    """Reads the values of one block."""

    def __init__(self, reader: ObjectReader, longest: int, data: bytes, size: int, *, at_end: bool, work: Work) -> None:
        self.reader, self.longest, self.data, self.size, self.at_end = reader, longest, data, size, at_end
        self.most, self.work = MOST_LOOKED * longest, work

    def record(self, at: int) -> Found | Endless | None:
        """Read the value at `at`. Return None if the block does not show its end."""
        wanted, limit = PIECE_BYTES, min(self.size, at + self.most)
        while True:
            stop = min(at + wanted, limit)
            piece = self.data[at:stop].decode("latin-1")
            try:
                value, length = self.reader.scan(piece)
            except RecursionError:
                return self._broken(at, _too_deep())
            except json.JSONDecodeError as error:
                self.work.spend(stop - at)
                if not _may_continue(error, stop - at):
                    return self._broken(at, self._fault(error))
                if stop == limit:
                    return self._cut(at, limit, error)
            else:
                if length < stop - at or piece[0] in '{["' or (stop == self.size and self.at_end):
                    return self._sound(at, value, length)
                if stop == limit:
                    return self._cut(at, limit, None)
            wanted *= 4

    def _sound(self, at: int, value: Any, length: int) -> Found | Endless | None:
        record = self.data[at : at + length]
        if length > self.longest:
            return Found(at + length, _too_long(self.longest))
        if too_deep(record):
            return self._broken(at, _too_deep())
        return Found(at + length, self.reader.row(value, record))

    def _cut(self, at: int, limit: int, error: json.JSONDecodeError | None) -> Found | Endless | None:
        """Return the record of a value that does not end before the limit."""
        if limit - at < self.most and not self.at_end:
            return None
        if error and limit - at <= self.longest:
            text = _wrong(error) if error.pos < limit - at else "the file ends before the value does"
            return self._broken(at, _no_json(text, error.pos))
        return self._broken(at, _too_long(self.longest))

    def _fault(self, error: json.JSONDecodeError) -> RowFault:
        return _too_long(self.longest) if error.pos > self.longest else _no_json(_wrong(error), error.pos)

    def _broken(self, at: int, fault: RowFault) -> Found | Endless | None:
        """Return the record of a broken value: its line, or less."""
        limit = min(at + self.most, self.size)
        found = BOUNDARY.search(self.data, at, limit)
        self.work.spend((found.end() if found else limit) - at)
        if not found:
            if limit - at == self.most:
                return Endless(at)
            undivided = ON_ONE_LINE.search(self.data, at, limit) is not None
            return Found(self.size, fault, undivided) if self.at_end else None
        stop = found.end()
        if found[0] != b"\n":
            return Found(stop, fault)
        if stop == self.size:
            return Found(stop, fault) if self.at_end else None
        return Found(stop, fault, self.data[stop] in CONTINUES)


def _may_continue(error: json.JSONDecodeError, seen: int) -> bool:
    """Return whether more bytes could make the text JSON."""
    return error.pos >= seen - LONGEST_TOKEN or error.msg.startswith("Unterminated")


def _wrong(error: json.JSONDecodeError) -> str:
    known = (text for beginning, text in WRONG.items() if error.msg.startswith(beginning))
    return next(known, "it has a fault")


def _no_json(what: str, at: int) -> RowFault:
    return RowFault(column="", code=RowCode.LINE, reason=f"is not JSON: {what} (byte {at + 1} of the object)")


def _too_long(longest: int) -> RowFault:
    reason = f"the record is longer than limits.max_record_bytes ({longest})"
    return RowFault(column="", code=RowCode.LINE, reason=reason)


def _too_deep() -> RowFault:
    return RowFault(column="", code=RowCode.JSON, reason=f"is nested more than {MOST_DEPTH} levels deep")
