"""Read texts for spreadsheets, ="00421", that stand without the quotes of CSV, in columns whose contract allows that.

Strict CSV has no quote inside a field that does not begin with one, so the reader finds such a record malformed. Its
form is changed in place, byte for byte, to a field in quotes that begins with NUL: `="00421"` to `"\\0` and `00421"`.
Then the block is read again. The notation takes the NUL off; a reject shows the record as the file has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Escape, Quotes
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.grammar import Malformation
from chalicelib.domain.formats.csv.reading import Reading, origin_of
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.format import Reader
from chalicelib.domain.raw.swar import PADDING

FORM = b'="'
WHOLE = re.compile(rb'="(?:[^"\r\n\0]|"")*+"')
ENCLOSED = re.compile(rb'"(?:[^"]|"")*+"')


class Unended(Exception):
    """The block ends before the text that begins in it."""


class BareTexts:
    """A reader that changes these texts for another reader."""

    def __init__(self, reader: Reader, delimiter: bytes, columns: frozenset[int], longest: int) -> None:
        """`columns` are indexes of the file's columns."""
        self.reader, self.delimiter, self.columns, self.longest = reader, delimiter, columns, longest
        self.plain = re.compile(b'(?:(?!%s)[^"%s])*+' % (re.escape(delimiter), re.escape(reader.newline)))
        self.ends = (reader.newline, b"\r\n")

    @property
    def newline(self) -> bytes:
        return self.reader.newline

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the first `size` bytes of a padded block."""
        text, changed = data, list[int]()
        while True:
            reading = self.reader.read(text, size, at_end=at_end, work=work)
            try:
                places = list(self._places(reading, text, size, at_end=at_end))
            except Unended as found:
                (size,) = found.args
                at_end, text = False, text[:size] + PADDING
                continue
            if not places:
                return self._shown(reading, data, changed)
            changed += places
            letters = bytearray(text)
            for at in places:
                letters[at : at + 2] = b'"\0'
            text = bytes(letters)

    def _places(self, reading: Reading, text: bytes, size: int, *, at_end: bool) -> Iterator[int]:
        """Yield where such texts begin in malformed records. Raises Unended."""
        if text.find(FORM, 0, size) < 0:
            return
        faults = {int(reading.starts[row]): fault for row, fault in reading.records.malformed.items()}
        if reading.unended:
            faults[reading.consumed] = reading.unended
        walked = 0
        for start, fault in sorted(faults.items()):
            if fault.why is Malformation.BARE_QUOTE and start >= walked:
                places, walked = self._of_record(text, start, size, at_end=at_end)
                yield from places

    def _of_record(self, text: bytes, start: int, size: int, *, at_end: bool) -> tuple[list[int], int]:
        """Return where such texts begin in one record, and where it ends or has another fault."""
        at, index, places = start, 0, list[int]()
        while True:
            whole = WHOLE.match(text, at, size) if index in self.columns else None
            if not at_end and size - start <= self.longest and self._is_cut(text, at, size, whole, index):
                raise Unended(start)
            if whole:
                places.append(at)
            found = whole or ENCLOSED.match(text, at, size) or self.plain.match(text, at, size)
            at = found.end() if found else size
            if not text.startswith(self.delimiter, at, size):
                ended = at >= size or text.startswith(self.ends, at)
                return places if ended or not whole else places[:-1], at
            at, index = at + len(self.delimiter), index + 1

    def _is_cut(self, text: bytes, at: int, size: int, whole: re.Match[bytes] | None, index: int) -> bool:
        """Return whether the block ends within such a text, or right behind it."""
        if whole:
            return whole.end() + max(len(self.delimiter), 2) > size
        return index in self.columns and text.startswith(FORM, at) and text.find(self.newline, at, size) < 0

    def _shown(self, reading: Reading, data: bytes, changed: list[int]) -> Reading:
        """Return the reading with its records as the file has them."""
        if not changed:
            return reading
        origin = replace(reading.origin or origin_of(reading), data=data)
        return replace(reading, origin=origin, bare=np.array(sorted(changed), np.int64))


def with_bare_texts(reader: Reader, contract: Contract, layout: Layout) -> Reader:
    """Return the reader of files with these columns; the same one if no column has such texts."""
    dialect = contract.dialect
    columns = [index for index, column in enumerate(layout.columns) if column.notation.spreadsheet_text]
    strict = dialect.quotes is Quotes.STRICT and dialect.escape is Escape.DOUBLED and dialect.quote == '"'
    if not columns or not strict or layout.rescued:
        return reader
    return BareTexts(reader, dialect.delimiter.encode(), frozenset(columns), contract.limits.max_record_bytes)
