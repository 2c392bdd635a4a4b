"""The exact way for CSV: passes on good records, and reports faults with line, column and code."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from local.redshift.copy.fields import Field, FieldFault
from local.redshift.copy.statement import Options
from local.redshift.copy.target import TargetColumn

_MOST_FIELD = 4 * 1024 * 1024  # Redshift's longest row

Row = list[str | None]


@dataclass(frozen=True, kw_only=True)
class LoadError:
    """One row of sys_load_error_detail."""

    file: str
    line: int
    column: TargetColumn | None
    position: int
    code: int
    message: str
    raw_line: str
    raw_field: str


class _Bytes(io.RawIOBase):
    """Chunks as a file, so that the text layer and the CSV reader of the library can read them."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = chunk
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


class Lines:
    """Lines one by one. `taken` holds those of the current record."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        # newline="\n": a lone \r ends no line, and every line end is kept as it is
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Bytes(chunks), 1 << 20), "utf-8", "surrogateescape", newline="\n"
        )
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.number += 1
        self.taken.append(line)
        return line


class ExactReader:
    """Reads one file. `rows` yields rows and load errors in the order of the file."""

    def __init__(self, file: str, fields: list[Field], options: Options) -> None:
        self._file, self._fields, self._options = file, fields, options
        quote, delimiter = re.escape(options.quote), re.escape(options.delimiter)
        field = f"(?:{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{quote}{delimiter}\r\n]*)"
        self._strict = re.compile(f"{field}(?:{delimiter}{field})*\r?\n?")

    def rows(self, chunks: Iterator[bytes]) -> Iterator[Row | LoadError]:
        csv.field_size_limit(_MOST_FIELD)
        lines = Lines(chunks)
        for _ in range(self._options.header_lines):
            next(lines, "")
        reader = csv.reader(lines, delimiter=self._options.delimiter, quotechar=self._options.quote, strict=True)
        while True:
            lines.taken.clear()
            line = lines.number + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield self._error(line, lines, FieldFault(1214, "Invalid quote formatting for CSV"))
                continue
            if record or not self._options.ignore_blank_lines:
                yield self._row(record, line, lines)

    def _row(self, record: list[str], line: int, lines: Lines) -> Row | LoadError:
        column: TargetColumn | None = None
        raw = ""
        try:
            record = self._checked(record, lines)
            made: Row = []
            for raw, field in zip(record, self._fields, strict=True):
                column = field.column
                made.append(field.convert(raw))
        except FieldFault as fault:
            return self._error(line, lines, fault, column, raw)
        return made

    def _checked(self, record: list[str], lines: Lines) -> list[str]:
        """Check that there are as many fields as columns, and quotes only where CSV allows them."""
        width = len(self._fields)
        if not record:
            if width > 1 or not self._fields[0].column.text:
                raise FieldFault(1211, "Input line contained no data")
            record = [""]
        if self._options.quote in "".join(record) and not self._strict.fullmatch("".join(lines.taken)):
            raise FieldFault(1214, "Invalid quote formatting for CSV")
        if len(record) > width:
            raise FieldFault(1202, "Extra column(s) found")
        if len(record) < width:
            if not self._options.fill_record:
                raise FieldFault(1214, "Delimiter not found")
            record = record + [self._options.null] * (width - len(record))
        return record

    def _error(
        self, line: int, lines: Lines, fault: FieldFault, column: TargetColumn | None = None, raw: str = ""
    ) -> LoadError:
        return load_error(self._file, line, "".join(lines.taken).rstrip("\r\n"), fault, column, raw)


def load_error(file: str, line: int, text: str, fault: FieldFault, column: TargetColumn | None, raw: str) -> LoadError:
    """Return the load error of a fault. `text` is the record without its line end, `raw` the field at fault."""
    return LoadError(
        file=file,
        line=line,
        column=column,
        position=fault.position,
        code=fault.code,
        message=fault.message,
        raw_line=_shown(text),
        raw_field=_shown(raw),
    )


def _shown(text: str) -> str:
    """Replace each byte that is not ASCII by a dot, like Redshift."""
    return re.sub(r"[^\x20-\x7e]", ".", text)[:1024]
