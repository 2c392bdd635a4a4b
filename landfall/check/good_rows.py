"""Writes the good rows of a check as a file that the contract reads again."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

import numpy as np

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.dialect import ControlTotals, Dialect, Encoding, Trailer
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.sums import EXACT, Sums, added
from chalicelib.domain.decode.decode import CONVERTERS
from chalicelib.domain.formats.csv.record_reader import RecordReader
from chalicelib.domain.formats.csv.tail import pieces_of_line
from chalicelib.domain.formats.format import Cuts
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.domain.staging.block import Block
from chalicelib.errors import Rejected


@dataclass
class GoodRows:
    """All good rows of all files as one file in UTF-8 that the contract's dialect reads back as the same rows.

    The files must have the same columns in the same order. The lines around the rows are those of the first file.
    """

    out: BinaryIO
    layout: Layout | None = None
    dialect: Dialect = field(default_factory=Dialect)
    control_totals: ControlTotals | None = None
    columns: Sequence[Column] = ()
    count: int = 0
    """Number of rows."""
    sums: Sums = field(default_factory=dict)
    """The sums of the columns that the trailer announces."""
    tail: bytes = b""
    side_line: bytes = b""
    """The line of the first side file that has the totals, if the contract has `control_totals`."""
    written: bool = False
    """Whether there is a line before the rows, or a row."""

    def begin(self, text: ByteSource, contract: Contract, cuts: Cuts) -> None:
        """Write the lines before the first file's rows. Raises Rejected if another file's columns differ.

        Also for files that are no text: their contract would not read the text of their good rows.
        """
        if contract.format in CONVERTERS:
            message = f'--good writes text, and files of format = "{contract.format.value}" are none: leave it out'
            raise Rejected(message, code="NOT_TEXT")
        if self.layout is None:
            self.layout, self.dialect, self.columns = cuts.layout, contract.dialect, contract.columns
            self.control_totals = contract.control_totals
            head = text.read(0, cuts.header.data_start)
            marked = contract.dialect.encoding is not Encoding.UTF_8 and not head.startswith(BOM_UTF8)
            self._write((BOM_UTF8 if marked else b"") + head)
            stop = cuts.ranges[-1].stop if cuts.ranges else cuts.header.data_start
            self.tail = text.read(stop, text.size - stop)
        elif cuts.layout != self.layout:
            message = "its columns are not those of the files before it: write its good rows to an output of its own"
            raise Rejected(message, code="OTHER_COLUMNS")

    def rows(self, text: ByteSource, block: Block) -> None:
        """Write the good rows of a block as they stand in the file."""
        if block.key_offsets is None or block.key_stops is None:
            raise ValueError("the block does not have the bounds of its good rows: read it with hash_keys")
        data = memoryview(text.read(block.start, block.end - block.start))
        starts, stops = block.key_offsets - block.start, block.key_stops - block.start
        breaks = np.flatnonzero(starts[1:] != stops[:-1]) + 1
        firsts, lasts = np.concatenate(([0], breaks)), np.concatenate((breaks, [len(starts)])) - 1
        for start, stop in zip(starts[firsts].tolist(), stops[lasts].tolist(), strict=True):
            self._write(data[start:stop])
        self.count += block.rows_good
        self.sums = added([self.sums, block.good_sums])

    def end(self) -> bool:
        """Write the lines behind the rows, and return whether the file has any byte.

        A trailer announces the rows that are written.
        """
        newline = self.dialect.line_end
        first, *rest = self.tail.split(newline)
        self.out.write(newline.join([self._announcing(first, self.dialect.trailer), *rest]))
        return self.written or bool(self.tail)

    def side_file(self) -> bytes:
        """Return the side file that announces the rows that are written; empty if the contract has none."""
        mark = b"" if self.dialect.encoding is Encoding.UTF_8 else BOM_UTF8
        line = self._announcing(self.side_line, self.control_totals)
        return mark + line + self.dialect.line_end if self.control_totals else b""

    def _announcing(self, line: bytes, places: Trailer | ControlTotals | None) -> bytes:
        """Return a line with the number and the sums of the rows at their places, if it has any."""
        reader = RecordReader(self.dialect, Limits())
        if not places or not line:
            return line
        values = {places.count_field: str(self.count)} if places.count_field else {}
        values |= {number: self._sum(name) for name, number in places.sum_fields}
        content = line.removesuffix(b"\r")
        if places.widths:
            return self._in_place(content, places.widths, values) + line[len(content) :]
        fields = reader.raw_fields(content)
        for number, value in values.items():
            if number <= len(fields):
                fields[number - 1] = self._like(fields[number - 1], value, reader)
        return reader.delimiter.join(fields) + line[len(content) :]

    def _in_place(self, line: bytes, widths: Sequence[int], values: Mapping[int, str]) -> bytes:
        """Return a line of fixed width with values in the places of those that it has. Raises Rejected."""
        fields = pieces_of_line(line, self.dialect.unit, widths)
        rest = line[sum(map(len, fields)) :]
        for number, value in values.items():
            if number <= len(fields):
                own, size = fields[number - 1], len(fields[number - 1])
                filled = value.zfill(size) if own.startswith(b"0") else value.rjust(size)
                if len(filled) > size:
                    message = f"field {number} of the totals has {size} characters, but the good rows have {value}"
                    raise Rejected(f"{message}: leave out --good", code="TOTALS_TOO_LONG")
                fields[number - 1] = filled.encode()
        return b"".join(fields) + rest

    def _sum(self, name: str) -> str:
        """Return the sum of a column as its files write numbers."""
        notation = next(column.notation for column in self.columns if column.name == name)
        total = self.sums.get(name, "0")
        if notation.implied_decimals:
            return f"{Decimal(total).scaleb(notation.implied_decimals, EXACT):f}".partition(".")[0]
        return total.replace(".", notation.decimal)

    @staticmethod
    def _like(field_: bytes, value: str, reader: RecordReader) -> bytes:
        """Return a value in quotes if the field that it replaces has them, or if the value has a delimiter."""
        written = value.encode()
        if reader.quoted and (reader.quote in field_ or reader.delimiter in written):
            return reader.quote + written + reader.quote
        return written

    def _write(self, lines: bytes | memoryview) -> None:
        """Write whole lines: the last line of a file may lack its end."""
        self.out.write(lines)
        self.written = self.written or len(lines) > 0
        if lines and lines[-1:] != self.dialect.line_end and not self.dialect.record_length:
            reader, text = RecordReader(self.dialect, Limits()), bytes(lines)
            escaped = reader.returns and text.endswith(b"\r") and not reader.ends_with_return(text, 0, len(text))
            self.out.write(b"\r\n" if escaped else reader.newline)  # an escaped \r would take the \n with it
