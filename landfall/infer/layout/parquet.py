"""Finds the table in a Parquet file: its columns with their types, its first rows."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.dialect import Dialect
from landfall.infer.layout.converted import first_text
from landfall.infer.layout.rows import records
from landfall.infer.layout.sample_table import SampleTable
from landfall.localfile import LocalFile

MAGIC = b"PAR1"
SIMPLE = {
    "bool": "boolean",
    "int8": "smallint",
    "int16": "smallint",
    "uint8": "smallint",
    "int32": "integer",
    "uint16": "integer",
    "int64": "bigint",
    "uint32": "bigint",
    "uint64": "decimal(20,0)",
    "halffloat": "real",
    "float": "real",
    "double": "double precision",
    "date32[day]": "date",
    "date64[ms]": "date",
}
"""Redshift's types, by pyarrow's names of types."""
MOST_PRECISION = 38


def is_parquet(source: LocalFile) -> bool:
    """Return whether a file is Parquet, by its first bytes."""
    return source.read(0, len(MAGIC)) == MAGIC


def find_columns(source: LocalFile) -> SampleTable:
    """Read the beginning of a Parquet file, and the types of its columns. Raises Rejected, Broken."""
    text, whole = first_text(source, FileFormat.PARQUET)
    first, *lines = [record.values for record in records(text, Dialect())]
    names = tuple(value.decode() for value in first or ())
    return SampleTable(
        dialect=Dialect(),
        names=names,
        rows=[row for row in lines if row and len(row) == len(names)],
        ascii=True,
        whole=whole,
        notes=(),
        format=FileFormat.PARQUET,
        types=tuple(map(redshift_type, _schema(source))),
    )


def _schema(source: LocalFile) -> Any:
    from pyarrow import PythonFile, parquet  # only for files of this format

    from chalicelib.domain.decode.parquet.parquet import SourceFile

    return parquet.read_schema(PythonFile(SourceFile(source), mode="r")).types


def redshift_type(kind: Any) -> str:
    """Return the type of a column for values of this type; empty if the values decide."""
    name = str(kind)
    if name.startswith("decimal"):
        return f"decimal({kind.precision},{kind.scale})" if kind.precision <= MOST_PRECISION and kind.scale >= 0 else ""
    if name.startswith("timestamp"):
        return "timestamptz" if kind.tz else "timestamp"
    if name.startswith(("list", "large_list", "fixed_size_list", "struct", "map")):
        return "super"
    return "time" if name.startswith("time") else SIMPLE.get(name, "")
