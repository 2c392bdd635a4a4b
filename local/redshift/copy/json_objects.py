"""The reader of COPY ... JSON 'auto': each object becomes a row, and a fault names line, column and code.

AWS documents: names match columns exactly ('auto ignorecase': without regard to case), other names are ignored, and a
missing name is NULL. Objects stand one after the other; anything else between them is an error that MAXERROR counts.
The line of an error is the last one of its object. An object over 4 MB fails the COPY, whatever MAXERROR is.
Not documented, and chosen here: the last of equal names counts, and null in a SUPER column is NULL. A text \\N is NULL:
that is the default of NULL AS, which JSON does not allow to change. A writer must not rely on it as text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from local.redshift.copy.exact import Lines, LoadError, Row, load_error
from local.redshift.copy.fields import Field, FieldFault, no_json
from local.redshift.copy.files import FilesError
from local.redshift.copy.statement import Json, Options
from local.redshift.copy.target import TargetColumn

MOST_OBJECT = 4 * 1024 * 1024
"""Bytes of the longest object."""

_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]]')  # texts too, so that brackets in them do not count
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}
_SPACE = re.compile(r"[ \t\r\n]*")
_VALUE = json.JSONDecoder(parse_int=Decimal, parse_float=Decimal, parse_constant=no_json)


class JsonReader:
    """Reads one file. `rows` yields rows and load errors in the order of the file."""

    def __init__(self, file: str, fields: list[Field], options: Options) -> None:
        self._file, self._fields, self._options = file, fields, options

    def rows(self, chunks: Iterator[bytes]) -> Iterator[Row | LoadError]:
        lines = Lines(chunks)
        for _ in islice(lines, self._options.header_lines):
            pass
        for text in _objects(lines):
            if len(text.encode(errors="surrogateescape")) > MOST_OBJECT:
                raise FilesError(f"JSON object exceeds the max size of {MOST_OBJECT} bytes (file {self._file})")
            if text.strip():
                yield self._row(lines.number, text)

    def _row(self, line: int, text: str) -> Row | LoadError:
        column: TargetColumn | None = None
        raw = ""
        try:
            members = self._members(text)
            made: Row = []
            for field in self._fields:
                column = field.column
                raw = members.get(column.name, "null")
                made.append(field.convert(_written(raw, column)))
        except FieldFault as fault:
            return load_error(self._file, line, text, fault, column, raw)
        return made

    def _members(self, text: str) -> dict[str, str]:
        """Return each name with its value as it is written."""
        try:
            found = dict(_pairs(text))
        except (ValueError, IndexError, RecursionError) as error:
            raise FieldFault(1224, "Invalid value. Check if the value is properly formatted JSON") from error
        any_case = self._options.json is Json.AUTO_IGNORE_CASE
        return {name.lower(): raw for name, raw in found.items()} if any_case else found


def _objects(lines: Lines) -> Iterator[str]:
    """Yield each object, and what stands between objects. An object without an end takes the rest of the file."""
    kept, depth = "", 0
    for text in lines:
        lines.taken.clear()
        begin = 0
        for mark in _MARK.finditer(text):
            step = _STEPS.get(mark[0], 0)
            if step > 0 and not depth:
                yield text[begin : mark.start()]
                begin = mark.start()
            depth = max(depth + step, 0)
            if step < 0 and not depth:
                yield kept + text[begin : mark.end()]
                kept, begin = "", mark.end()
        kept += text[begin:]
        if not depth or len(kept) > MOST_OBJECT:
            yield kept
            kept = ""
    yield kept


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the members of an object, each value as it is written. Raises ValueError or IndexError at a fault."""
    at = _past(text, 0, "{")
    more = text[at] != "}"
    while more:
        if text[at] != '"':
            raise ValueError("a name is missing")
        name, at = _VALUE.raw_decode(text, at)
        begin = _past(text, at, ":")
        _, end = _VALUE.raw_decode(text, begin)
        yield name, text[begin:end]
        at = _space(text, end)
        more = text[at] == ","
        at = _past(text, at, ",") if more else at
    if text[_past(text, at, "}") :]:
        raise ValueError("there is text after the object")


def _past(text: str, at: int, sign: str) -> int:
    """Return the place after the sign, and after the white space on both sides of it."""
    at = _space(text, at)
    if text[at] != sign:
        raise ValueError(f"{sign} is missing")
    return _space(text, at + 1)


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _written(raw: str, column: TargetColumn) -> str | None:
    """Return the value as a field of CSV has it. An object or an array in another column than SUPER stays as written.

    AWS: a number that is not a JSON string may lose precision. In a DECIMAL column such a fraction is a float here.
    """
    if raw == "null":
        return None
    if column.kind == "jsonb":
        return raw
    if raw.startswith('"'):
        return _characters(json.loads(raw))
    fraction = column.kind == "numeric" and re.fullmatch(r"-?[0-9]+[.eE][0-9.eE+-]*", raw)
    return f"{Decimal(float(raw)):f}" if fraction and math.isfinite(float(raw)) else raw


def _characters(text: str) -> str:
    """Refuse half a surrogate pair that is written as an escape; a byte that is not UTF-8 is judged later."""
    half = re.search("[\ud800-\udc7f\udd00-\udfff]", text)
    if half:
        code = f"{ord(half[0]):04x}"
        message = f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {code} (error 4)"
        raise FieldFault(1220, message, half.start())
    return text
