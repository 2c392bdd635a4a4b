"""Parquet files, in the text that `decode/parquet` makes of them: CSV, with a line for each row."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.header import match_header, read_header
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.formats.format import Cuts, Header, Reader
from chalicelib.domain.formats.marked import marked_reader
from chalicelib.domain.raw.bytesource import ByteSource


class ParquetFormat:
    """Rows of a Parquet file. Their lines are counted from the first row."""

    def head(self, text: ByteSource, contract: Contract) -> Header:
        return replace(read_header(text, contract.dialect, contract.limits), lines=0)

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        header = self.head(text, contract)
        layout = match_header(contract, header.fields)
        ranges = plan_chunks(text, header.data_start, size, contract.dialect, contract.limits)
        return Cuts(header=header, layout=layout, ranges=ranges)

    def reader(self, contract: Contract, layout: Layout) -> Reader:
        return marked_reader(contract, layout)
