"""CSV in any dialect, as one of the formats.

The pipeline and `landfall check` both get the format from the registry, so that they agree on every file.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.tally import total
from chalicelib.domain.formats.csv.bare_texts import with_bare_texts
from chalicelib.domain.formats.csv.header import match_header, read_header
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.formats.csv.tail import tail
from chalicelib.domain.formats.csv.transcoder import Transcoder
from chalicelib.domain.formats.format import Cuts, Header, Reader
from chalicelib.domain.raw.bytesource import ByteSource, until


class CsvFormat:
    """Records separated by line ends, with fields separated by delimiters; the contract's dialect has the details."""

    def head(self, text: ByteSource, contract: Contract) -> Header:
        return read_header(text, contract.dialect, contract.limits)

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        header = self.head(text, contract)
        layout = replace(match_header(contract, header.fields), head_lines=header.head_lines)
        end = tail(text, header.data_start, contract.dialect, contract.limits)
        records = until(text, end.start)
        ranges = plan_chunks(records, header.data_start, size, contract.dialect, contract.limits)
        left_out = total([header.left_out, end.left_out])
        return Cuts(header=header, layout=layout, ranges=ranges, left_out=left_out, totals=end.totals)

    def reader(self, contract: Contract, layout: Layout) -> Reader:
        """Return a reader that rewrites the records that COPY would read otherwise, and passes the others through."""
        dialect, limits = contract.dialect, contract.limits
        reader = Transcoder(dialect, limits, layout.columns, dict(layout.rescued))
        return with_bare_texts(reader, contract, layout)
