"""Writes the good rows of a check as a file that the contract reads again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.dialect import Dialect, Encoding
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.preamble import BOM
from chalicelib.domain.formats.csv.record_reader import RecordReader
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
    count: int = 0
    """Number of rows."""
    tail: bytes = b""

    def begin(self, text: ByteSource, contract: Contract, cuts: Cuts) -> None:
        """Write the lines before the first file's rows. Raises Rejected if another file's columns differ."""
        if self.layout is None:
            self.layout, self.dialect = cuts.layout, contract.dialect
            head = text.read(0, cuts.header.data_start)
            marked = contract.dialect.encoding is not Encoding.UTF_8 and not head.startswith(BOM)
            self._write((BOM if marked else b"") + head)
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

    def end(self) -> None:
        """Write the lines behind the rows, with the number of rows if the trailer has it."""
        trailer = self.dialect.trailer
        if trailer and trailer.count_field:
            delimiter = self.dialect.delimiter.encode()
            line = self.tail.strip(b"\r\n\x1a")
            fields = line.split(delimiter)
            fields[trailer.count_field - 1] = b"%d" % self.count
            self.tail = self.tail.replace(line, delimiter.join(fields))
        self.out.write(self.tail)

    def _write(self, lines: bytes | memoryview) -> None:
        """Write whole lines: the last line of a file may lack its end."""
        self.out.write(lines)
        if lines and lines[-1:] != self.dialect.line_end:
            reader, text = RecordReader(self.dialect, Limits()), bytes(lines)
            escaped = reader.returns and text.endswith(b"\r") and not reader.ends_with_return(text, 0, len(text))
            self.out.write(b"\r\n" if escaped else reader.newline)  # an escaped \r would take the \n with it
