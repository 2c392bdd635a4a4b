"""Lines of fixed width as one of the formats: a column is what stands at its positions in each line."""

from __future__ import annotations

import re

from chalicelib.domain.contract.contract import Contract, ExtraColumns
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.tally import total
from chalicelib.domain.decode.file_kind import markup_kind
from chalicelib.domain.formats.boundaries import ranges_between
from chalicelib.domain.formats.csv.header import read_header
from chalicelib.domain.formats.csv.split import chunk_size
from chalicelib.domain.formats.csv.tail import tail
from chalicelib.domain.formats.fixed_width.fixed_width_reader import FixedWidthReader
from chalicelib.domain.formats.format import Cuts, Header, Reader
from chalicelib.domain.raw.bytesource import ByteSource, Range, until

FIRST_BYTES = 64


class FixedWidthFormat:
    """Lines, or records of a fixed length, without a header. The contract has the positions of the columns."""

    def head(self, text: ByteSource, contract: Contract) -> Header:
        header = read_header(text, contract.dialect, contract.limits)
        if kind := markup_kind(text.read(header.data_start, FIRST_BYTES)):
            raise kind.refusal()
        return header

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        header = self.head(text, contract)
        end = tail(text, header.data_start, contract.dialect, contract.limits)
        ranges = _ranges(until(text, end.start), header.data_start, size, contract.dialect)
        left_out = total([header.left_out, end.left_out])
        layout = Layout.of(contract, header.fields)
        return Cuts(header=header, layout=layout, ranges=ranges, left_out=left_out, totals=end.totals)

    def reader(self, contract: Contract, layout: Layout) -> Reader:
        return fixed_width_reader(contract, layout)


def fixed_width_reader(contract: Contract, layout: Layout) -> FixedWidthReader:
    """Return the reader of files with these columns."""
    ignores = contract.extra_columns is ExtraColumns.IGNORE
    return FixedWidthReader(layout.columns, contract.dialect, contract.limits, ignores=ignores)


def _ranges(records: ByteSource, start: int, size: int, dialect: Dialect) -> tuple[Range, ...]:
    """Return ranges of whole records: every line end ends one, and records without line ends have one length."""
    if not dialect.record_length:
        return ranges_between(records, start, records.size, size, re.compile(re.escape(dialect.line_end)))
    step = chunk_size(records.size - start, size)
    step = max(1, step // dialect.record_length) * dialect.record_length
    starts = range(start, records.size, step)
    return tuple(Range(start=at, stop=min(at + step, records.size)) for at in starts)
