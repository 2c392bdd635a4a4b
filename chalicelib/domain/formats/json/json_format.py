"""JSON as one of the formats: an object a line, objects one after the other, or arrays of objects."""

from __future__ import annotations

from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.contract import Contract, ExtraColumns
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.format import Cuts, Header, Reader
from chalicelib.domain.formats.json.container import Container, container
from chalicelib.domain.formats.json.json_reader import JsonReader
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.records import Found, RecordFinder
from chalicelib.domain.formats.json.split import plan_chunks
from chalicelib.domain.formats.json.undelivered import UndeliveredReader
from chalicelib.domain.raw.bytesource import ByteSource


class JsonFormat:
    """Objects whose fields are the columns. Every file has the contract's columns in the contract's order."""

    def head(self, text: ByteSource, contract: Contract) -> Header:
        return _header(container(text), contract)

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        found = container(text)
        header = _header(found, contract)
        layout = Layout.of(contract, header.fields)
        return Cuts(header=header, layout=layout, ranges=plan_chunks(text, found, size))

    def reader(self, contract: Contract, layout: Layout) -> Reader:
        if contract.undelivered:
            return UndeliveredReader(JsonReader(layout.columns[:1], ExtraColumns.FAIL, contract.limits))
        return JsonReader(layout.columns, contract.extra_columns, contract.limits, of_sheet=contract.of_sheet)


def _header(found: Container, contract: Contract) -> Header:
    return Header(fields=tuple(c.name for c in contract.columns), data_start=found.start, lines=found.lines)


def first_fits(text: ByteSource, contract: Contract) -> bool:
    """Return whether the first object of a file is a row of the contract, with all columns that a row must have."""
    reader = ObjectReader(contract.columns, contract.extra_columns, of_sheet=contract.of_sheet)
    data = _first_bytes(text, contract)
    finder = RecordFinder(reader, len(data), data, len(data), at_end=True, work=Work())
    found = finder.record(0) if data else None
    if not isinstance(found, Found) or isinstance(found.fields, RowFault):
        return False
    needed = [index for index, column in enumerate(contract.columns) if column.required]
    return all(found.fields[index] != reader.nulls[index] for index in needed)


def first_names(text: ByteSource, contract: Contract) -> tuple[str, ...]:
    """Return the names in the first object of a file; none if it cannot be read."""
    try:
        pairs, _ = ObjectReader((), ExtraColumns.IGNORE).scan(_first_bytes(text, contract).decode(errors="replace"))
    except (ValueError, RecursionError):
        return ()
    return tuple(name for name, _ in pairs) if isinstance(pairs, tuple) else ()


def _first_bytes(text: ByteSource, contract: Contract) -> bytes:
    found = container(text)
    return text.read(found.start, min(contract.limits.max_record_bytes, found.end - found.start))
