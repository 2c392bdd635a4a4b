"""Sheets of workbooks, in the text that `decode/xlsx` makes of them: CSV, with a line for each row of the sheet."""

from __future__ import annotations

import csv
from dataclasses import replace

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.tally import LeftOut, total
from chalicelib.domain.formats.cells import Cells
from chalicelib.domain.formats.csv.header import match_header, read_header
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.formats.format import Cuts, Header, Reader
from chalicelib.domain.formats.marked import field_columns, marked_reader
from chalicelib.domain.raw.bytesource import ByteSource

ABOUT_BYTES = 1 << 16
"""More bytes than the text's first line has."""


class XlsxFormat:
    """Rows of a sheet below a row of column names."""

    def head(self, text: ByteSource, contract: Contract) -> Header:
        row, _, _ = _about(text)
        return _header(text, contract, row)

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        row, sheet, letters = _about(text)
        header = _header(text, contract, row)
        layout = match_header(contract, header.fields)
        ranges = plan_chunks(text, header.data_start, size, contract.dialect, contract.limits)
        cells = Cells(sheet=sheet, letters=dict(zip(field_columns(layout), letters, strict=True)))
        return Cuts(header=header, layout=layout, ranges=ranges, left_out=header.left_out, cells=cells)

    def reader(self, contract: Contract, layout: Layout) -> Reader:
        return marked_reader(contract, layout)


def _header(text: ByteSource, contract: Contract, row: int) -> Header:
    found = read_header(text, replace(contract.dialect, preamble_lines=1), contract.limits)
    return replace(found, lines=row, left_out=total([{LeftOut.LINES_BEFORE_HEADER: row - 1}]))


def _about(text: ByteSource) -> tuple[int, str, list[str]]:
    """Return the number of the header's row, the sheet's name, and the letters of the header's columns."""
    line, _, _ = text.read(0, min(ABOUT_BYTES, text.size)).partition(b"\n")
    [(row, sheet, *letters)] = csv.reader([line.decode(errors="replace")])
    return int(row), sheet, letters
