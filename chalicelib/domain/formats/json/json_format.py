"""JSON as one of the formats: an object a line, objects one after the other, or one array of objects."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.format import Cuts, Header, Reader
from chalicelib.domain.formats.json.container import container
from chalicelib.domain.formats.json.json_reader import JsonReader
from chalicelib.domain.formats.json.split import plan_chunks
from chalicelib.domain.raw.bytesource import ByteSource


class JsonFormat:
    """Objects whose fields are the columns. Every file has the contract's columns in the contract's order."""

    def head(self, text: ByteSource, contract: Contract) -> Header:
        found = container(text)
        return Header(fields=tuple(c.name for c in contract.columns), data_start=found.start, lines=found.lines)

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        found, header = container(text), self.head(text, contract)
        layout = Layout.of(contract, header.fields)
        return Cuts(header=header, layout=layout, ranges=plan_chunks(text, found, size))

    def reader(self, contract: Contract, layout: Layout) -> Reader:
        return JsonReader(layout.columns, contract.extra_columns, contract.limits)
