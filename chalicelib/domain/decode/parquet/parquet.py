"""A Parquet file as the text that the engine reads: CSV, with a header and a line for each row.

So a line's number is its row's, if the header is not counted, and line feeds within quotes neither. Row groups are read
in batches, so that memory stays bounded. The same file and contract give the same text.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from chalicelib.domain.contract.contract import Contract, FileFormat
from chalicelib.domain.contract.layout import columns_of
from chalicelib.domain.decode.bounds import bounded
from chalicelib.domain.decode.fields import field_of, marked, too_long
from chalicelib.domain.decode.file_kind import wrong_format
from chalicelib.domain.decode.parquet.values import converter, refusals
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected
from chalicelib.visible import first_of

BATCH_BYTES = 8 << 20
"""About the memory of the rows that are read at once."""
MOST_ROWS = 16_384
BUFFER_BYTES = 8 << 20
"""Read at once of each column, if a row group is large."""
LARGE_GROUP = 256 << 20
REQUIRED = 1213
"""The load error code of a row without a value."""
HEAD_BYTES = 512
MOST_OF_NUMBER = 100
"""More bytes than a number or a moment has."""
NAMED = 10
FAULTS = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError)
"""What the reader raises for damaged files. The errors of a store are none of these."""
PLAIN = csv.WriteOptions(include_header=False, quoting_style="needed")


def parquet_text(source: ByteSource, contract: Contract) -> Iterator[bytes]:
    """Yield the text of a Parquet file, in blocks. Raises Rejected."""
    _refuse_other_kinds(source)
    return bounded(_blocks(source, contract), source.size, contract.limits)


def _refuse_other_kinds(source: ByteSource) -> None:
    head = source.read(0, min(HEAD_BYTES, source.size))
    if not head.startswith(b"PAR1"):
        raise wrong_format(head, FileFormat.PARQUET, "send it as Parquet, unpacked")


def _blocks(source: ByteSource, contract: Contract) -> Iterator[bytes]:
    try:
        yield from _text(pa.PythonFile(SourceFile(source), mode="r"), contract)
    except FAULTS as error:
        what = "the Parquet file is damaged, or has what the reader does not know"
        raise Rejected(f"{what}; write it again, and send it again", code="PARQUET_BROKEN") from error


def _text(stream: pa.PythonFile, contract: Contract) -> Iterator[bytes]:
    meta = parquet.read_metadata(stream)
    large = any(meta.row_group(n).total_byte_size > LARGE_GROUP for n in range(meta.num_row_groups))
    file = parquet.ParquetFile(
        stream,
        metadata=meta,
        pre_buffer=False,
        buffer_size=BUFFER_BYTES if large else 0,
        page_checksum_verification=True,
    )
    schema, lines = file.schema_arrow, _Lines(file.schema_arrow, contract)
    yield b",".join(field_of(name) for name in schema.names) + b"\n"
    for number in range(file.num_row_groups):
        group = meta.row_group(number)
        rows = max(1, min(MOST_ROWS, BATCH_BYTES * group.num_rows // max(1, group.total_byte_size)))
        for batch in file.iter_batches(batch_size=rows, row_groups=[number], use_threads=False):
            yield lines.of(batch)


class _Lines:
    """Writes rows as lines."""

    def __init__(self, schema: pa.Schema, contract: Contract) -> None:
        """Raises Rejected if a column of the contract cannot hold the type of its column in the file."""
        if not len(schema):
            raise Rejected("the file has no column", code="HEADER_MISSING", line=1)
        wanted = [column.type if column else None for column in columns_of(contract.columns, schema.names)]
        if found := list(refusals(schema, wanted)):
            message = f"the file does not fit the contract {contract.name}: {first_of(found, NAMED)}"
            raise Rejected(f"{message}; change the column in the contract, or the file", code="HEADER_MISMATCH", line=1)
        self._converters = [converter(one.type, type_) for one, type_ in zip(schema, wanted, strict=True)]
        self._names, self._longest = schema.names, contract.limits.max_record_bytes

    def of(self, batch: pa.RecordBatch) -> bytes:
        """Return the rows of a batch as lines."""
        pairs = zip(self._converters, batch.columns, strict=True)
        columns = [convert(column) for convert, column in pairs if convert]
        table = pa.table(columns, names=[str(n) for n in range(len(columns))])
        if len(columns) > 1 and self._all_short(columns):
            return _csv(table)
        rows = (_csv(table.slice(n, 1)).removesuffix(b"\n") for n in range(table.num_rows))
        return b"".join(self._line(row) + b"\n" for row in rows)

    def _all_short(self, columns: list[pa.Array]) -> bool:
        """Return whether no row can be longer than a record may be. Quotes in a text may double."""
        return sum(map(_longest, columns)) <= self._longest

    def _line(self, row: bytes) -> bytes:
        if not row:
            return marked(REQUIRED, "is empty, but a row of one column needs its value", "")
        return row if len(row) <= self._longest else too_long(row, self._longest)


def _longest(values: pa.Array) -> int:
    """Return the most bytes of a field with its delimiter."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type) or pa.types.is_binary(values.type):
        return 2 * int(pc.max(pc.binary_length(values)).as_py() or 0) + 3
    return MOST_OF_NUMBER


def _csv(table: pa.Table) -> bytes:
    out = io.BytesIO()
    csv.write_csv(table, out, PLAIN)
    return out.getvalue()


class SourceFile(io.RawIOBase):
    """The methods of a file that pyarrow needs."""

    def __init__(self, source: ByteSource) -> None:
        self._source, self._at = source, 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._source.size - self._at)
        data = self._source.read(self._at, left if size < 0 else min(size, left))
        self._at += len(data)
        return data
