"""One file for each format, with what a person reads in it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, FileFormat

COLUMNS = (
    Column(name="id", type=ColumnType(kind=TypeName.INTEGER), required=True),
    Column(name="note", type=ColumnType(kind=TypeName.VARCHAR, length=40)),
)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file of a format."""

    contract: Contract
    data: bytes
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
        contract=Contract(
            name="things", schema="s", table="t", lands_at=("in/*",), columns=COLUMNS, key=(), lineage=False
        ),
        data=head + b"".join(records),
        starts=starts,
        good=b"".join(record for record in records if record[:1] != b"x"),
        rejected=tuple(at for at, record in zip(starts, records, strict=True) if record[:1] == b"x"),
        empty=head,
        foreign=b"other,names\n1,2\n",
    )


SAMPLES = {FileFormat.CSV: _csv()}
