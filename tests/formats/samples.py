"""One file for each format, with what a person reads in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.contract.dialect import FIXED_DIALECT, JSON_DIALECT
from chalicelib.domain.contract.notation import Align, Span
from tests.support.files.engine import contract

COLUMNS = (
    Column(name="id", type=ColumnType(kind=TypeName.INTEGER), required=True, span=Span(start=2, width=4)),
    Column(
        name="note", type=ColumnType(kind=TypeName.VARCHAR, length=40), span=Span(start=6, width=24, align=Align.LEFT)
    ),
)
NAMES = tuple(column.name for column in COLUMNS)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file of a format."""

    contract: Contract
    data: bytes
    """As the engine reads it: for some formats the text that they are converted to."""
    starts: tuple[int, ...]
    """Where its records begin."""
    good: bytes
    """The good rows as COPY reads them."""
    rejected: tuple[int, ...]
    """Where the bad records begin."""
    empty: bytes
    """A file without a record."""
    foreign: bytes
    """A file whose head does not fit the contract."""
    lines: int = 1
    """The line of its header."""


def _csv() -> Sample:
    head = b"id,note\n"
    records = [
        b'1,"a line\nand another"\n',
        b"2,plain\n",
        b"x,no number\n",
        b'3,"a ""quote"", and a comma"\n',
        "4,\N{SNOWMAN}\n".encode(),
        b"5,\n",
    ] * 5
    starts = tuple(len(head) + len(b"".join(records[:n])) for n in range(len(records)))
    return Sample(
        contract=contract(*COLUMNS),
        data=head + b"".join(records),
        starts=starts,
        good=b"".join(record for record in records if record[:1] != b"x"),
        rejected=tuple(at for at, record in zip(starts, records, strict=True) if record[:1] == b"x"),
        empty=head,
        foreign=b"other,names\n1,2\n",
    )


def _json() -> Sample:
    """An object a line, one without a line end, one over several lines, and strange orders, blanks and commas."""
    records = [
        b'{"id":1,"note":"a line\\nand another"}\n',
        b'{"id":2,"note":"plain"}',
        b'{"id":"x","note":"no number"}\r\n',
        b'{\n  "note": "a \\"quote\\", and a comma",\n  "id": 3\n},\n\n',
        '{"id": 4 , "note": "\N{SNOWMAN}"} \n'.encode(),
        b'{"id":5,"note":null}\n',
        b'{"id":6,"note":""}\n',
    ] * 5
    good = (
        '1,"a line\nand another"\n2,"plain"\n3,"a ""quote"", and a comma"\n4,"\N{SNOWMAN}"\n5,_landfall_null_\n6,""\n'
    ).encode()
    starts = tuple(len(b"".join(records[:n])) for n in range(len(records)))
    return Sample(
        contract=contract(*COLUMNS, format=FileFormat.JSON, dialect=JSON_DIALECT),
        data=b"".join(records),
        starts=starts,
        good=good * 5,
        rejected=tuple(at for at, record in zip(starts, records, strict=True) if b'"x"' in record),
        empty=b" []\n",
        foreign=b"id,note\n1,2\n",
        lines=0,
    )


def _xlsx() -> Sample:
    """The text that a workbook is converted to."""
    about, text = b"1,Sheet1,A,B\n", _csv()
    return Sample(
        contract=replace(text.contract, format=FileFormat.XLSX),
        data=about + text.data,
        starts=tuple(start + len(about) for start in text.starts),
        good=text.good,
        rejected=tuple(start + len(about) for start in text.rejected),
        empty=about + text.empty,
        foreign=about + text.foreign,
    )


def _parquet() -> Sample:
    """The text that a Parquet file is converted to."""
    text = _csv()
    return replace(text, contract=replace(text.contract, format=FileFormat.PARQUET), lines=0)


def _fixed_width() -> Sample:
    """Lines with a filler in front, of any length; all kinds of line ends, and a last line without one."""
    records = [
        b" 0001plain                   \n",
        b'*   2a "quote", and a comma   \r\n',
        b"   x no number\n",
        "+ 3  \N{SNOWMAN}{:23}\n".format("").encode(),
        b" 4                           \n",
        b" 000005too short\n",
        b"   6 not padded, but whole...\n",
    ] * 5
    records[-1] = records[-1].removesuffix(b"\n")
    good = '0001,plain\n2,"a ""quote"", and a comma"\n3,\N{SNOWMAN}\n4,\n6,"not padded, but whole..."\n'.encode()
    starts = tuple(len(b"".join(records[:n])) for n in range(len(records)))
    return Sample(
        contract=contract(*COLUMNS, format=FileFormat.FIXED_WIDTH, dialect=replace(FIXED_DIALECT, columns=NAMES)),
        data=b"".join(records),
        starts=starts,
        good=good * 5,
        rejected=tuple(
            at for at, record in zip(starts, records, strict=True) if b"no number" in record or b"short" in record
        ),
        empty=b"",
        foreign=b"<html><body>Service unavailable</body></html>\n",
        lines=0,
    )


SAMPLES = {
    FileFormat.CSV: _csv(),
    FileFormat.FIXED_WIDTH: _fixed_width(),
    FileFormat.JSON: _json(),
    FileFormat.PARQUET: _parquet(),
    FileFormat.XLSX: _xlsx(),
}
