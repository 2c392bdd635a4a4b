"""Values of one column, as the checks of its type judge them."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Column, ColumnType, Kind
from tests.support.files.engine import contract, header_of, stage_file

TYPES = {
    "smallint": ColumnType(kind=Kind.SMALLINT),
    "integer": ColumnType(kind=Kind.INTEGER),
    "bigint": ColumnType(kind=Kind.BIGINT),
    "decimal": ColumnType(kind=Kind.DECIMAL, precision=5, scale=2),
    "wide": ColumnType(kind=Kind.DECIMAL, precision=38, scale=0),
    "real": ColumnType(kind=Kind.REAL),
    "double": ColumnType(kind=Kind.DOUBLE),
    "boolean": ColumnType(kind=Kind.BOOLEAN),
    "char": ColumnType(kind=Kind.CHAR, length=3),
    "varchar": ColumnType(kind=Kind.VARCHAR, length=3),
    "date": ColumnType(kind=Kind.DATE),
    "timestamp": ColumnType(kind=Kind.TIMESTAMP),
    "timestamptz": ColumnType(kind=Kind.TIMESTAMPTZ),
}


def codes(kind: ColumnType, values: list[str], *, quoted: bool) -> list[int]:
    things = contract(Column(name="k", type=ColumnType(kind=Kind.VARCHAR, length=9)), Column(name="v", type=kind))
    rows = "".join(f'{n},"{value}"\n' if quoted else f"{n},{value}\n" for n, value in enumerate(values))
    staged = stage_file(header_of(things) + rows.encode(), things, 1 << 20)
    assert all(reject.column == "v" for reject in staged.rejects)
    found = {reject.line - 2: reject.code for reject in staged.rejects}
    return [found.get(n, -1) for n in range(len(values))]


def assert_good(name: str, values: str, *, quoted: bool) -> None:
    """The values, separated by spaces, and the empty one are accepted."""
    each = [*values.split(), ""]
    assert codes(TYPES[name], each, quoted=quoted) == [-1] * len(each)


def assert_bad(name: str, code: int, values: str, *, quoted: bool) -> None:
    """Each of the values, separated by spaces, is rejected with the code."""
    each = values.split(" ")
    assert codes(TYPES[name], each, quoted=quoted) == [code] * len(each)
