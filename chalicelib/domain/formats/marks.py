"""Turn the marked fields of a sheet's text into faults of their rows: cells without a usable value.

Marks in columns that are not merged make no row bad.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.contract import IGNORED
from chalicelib.domain.decode.fields import MARK
from chalicelib.domain.formats.csv.reading import Reading, origin_of
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.format import Reader

MARKED = re.compile(rb"\xff(\d+) ([^\xff]*)\xff")
COMMA = ord(",")
FIELD = re.compile(rb'"(?:[^"]|"")*+"|[^,"\n]*+')
"""A field of the text, which is never malformed: something matches everywhere."""


class MarkedReader:
    """A reader of such a text, by a reader of CSV."""

    def __init__(self, reader: Reader, names: Sequence[str]) -> None:
        """`names` has the column of each field."""
        self._reader, self._names = reader, names

    @property
    def newline(self) -> bytes:
        return self._reader.newline

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the first `size` bytes of a padded block. A line is a row: line feeds within quotes do not count."""
        reading = self._reader.read(data, size, at_end=at_end, work=work)
        if data.find(MARK, 0, size) < 0:
            return self._by_rows(reading)
        faults, ignored = dict[int, RowFault](), list[int]()
        for row, start in self._marked_rows(reading, data):
            self._judge(data, start, row, faults, ignored)
        if ignored:
            plain = bytearray(data)
            for at in ignored:
                plain[at] = ord(" ")
            reading = self._reader.read(bytes(plain), size, at_end=at_end, work=work)
        origin = reading.origin or origin_of(reading)
        origin = replace(origin, data=data, faults={**origin.faults, **faults})
        return self._by_rows(replace(reading, origin=origin, shown=partial(MARKED.sub, b"")))

    def _by_rows(self, reading: Reading) -> Reading:
        ends = reading.origin.stops - 1 if reading.origin else reading.records.ends
        return replace(reading, line_feeds=ends)

    def _marked_rows(self, reading: Reading, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield each row with a mark, and where it starts."""
        at = data.find(MARK, 0, reading.consumed)
        while at >= 0:
            row = int(reading.starts.searchsorted(at, side="right")) - 1
            yield row, int(reading.starts[row])
            stop = int(reading.starts[row + 1]) if row + 1 < len(reading.starts) else reading.consumed
            at = data.find(MARK, stop, reading.consumed)

    def _judge(self, data: bytes, start: int, row: int, faults: dict[int, RowFault], ignored: list[int]) -> None:
        """Find the first fault of a row, and the marks in its columns that are not merged."""
        for index, field in enumerate(self._fields(data, start)):
            found = MARKED.search(data, *field)
            if not found:
                continue
            name = self._names[index] if index < len(self._names) else ""
            if name.startswith(IGNORED):
                ignored += [found.start(), found.end() - 1]
            elif row not in faults:
                reason = found[2].decode().replace('""', '"')
                faults[row] = RowFault(column=name, code=int(found[1]), reason=reason)

    def _fields(self, data: bytes, at: int) -> Iterator[tuple[int, int]]:
        """Yield the bounds of each field of a row."""
        while True:
            found = cast(re.Match[bytes], FIELD.match(data, at))
            yield found.span()
            at = found.end() + 1
            if data[at - 1] != COMMA:
                return
