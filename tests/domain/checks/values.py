"""Values of one column, as the checks of its type judge them."""

from __future__ import annotations

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from tests.support.files.engine import contract, header_of, stage_file

TYPES = {
    "smallint": ColumnType(kind=TypeName.SMALLINT),
    "integer": ColumnType(kind=TypeName.INTEGER),
    "bigint": ColumnType(kind=TypeName.BIGINT),
    "decimal": ColumnType(kind=TypeName.DECIMAL, precision=5, scale=2),
    "wide": ColumnType(kind=TypeName.DECIMAL, precision=38, scale=0),
    "real": ColumnType(kind=TypeName.REAL),
    "double": ColumnType(kind=TypeName.DOUBLE),
    "boolean": ColumnType(kind=TypeName.BOOLEAN),
    "char": ColumnType(kind=TypeName.CHAR, length=3),
    "varchar": ColumnType(kind=TypeName.VARCHAR, length=3),
    "date": ColumnType(kind=TypeName.DATE),
    "timestamp": ColumnType(kind=TypeName.TIMESTAMP),
    "timestamptz": ColumnType(kind=TypeName.TIMESTAMPTZ),
}


def codes(kind: ColumnType, values: list[str], *, quoted: bool) -> list[int]:
    things = contract(Column(name="k", type=ColumnType(kind=TypeName.VARCHAR, length=9)), Column(name="v", type=kind))
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
