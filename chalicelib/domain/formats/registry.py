"""The file formats by name. A format's module is imported on first use, so that unused formats cost no start time.

Model: fsspec's `registry.py`, which keeps a dotted path for each name.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.formats.format import Format

FORMATS = {
    FileFormat.CSV: "chalicelib.domain.formats.csv.csv_format.CsvFormat",
    FileFormat.FIXED_WIDTH: "chalicelib.domain.formats.fixed_width.fixed_width_format.FixedWidthFormat",
    FileFormat.JSON: "chalicelib.domain.formats.json.json_format.JsonFormat",
    FileFormat.PARQUET: "chalicelib.domain.formats.parquet.parquet_format.ParquetFormat",
    FileFormat.XLSX: "chalicelib.domain.formats.xlsx.xlsx_format.XlsxFormat",
}
"""The dotted path of each format's class."""


@cache
def by_name(name: FileFormat) -> Format:
    """Return the format."""
    module, _, kind = FORMATS[name].rpartition(".")
    made: Format = getattr(import_module(module), kind)()
    return made


def format_of(contract: Contract) -> Format:
    """Return the format of a contract's files."""
    return by_name(contract.format)
