"""A Parquet file, and the text that the engine reads."""

from __future__ import annotations

import io
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import FileFormat, Limits
from chalicelib.domain.decode.decode import text_of
from chalicelib.domain.raw.bytesource import ByteSource, InMemory
from tests.support.files.engine import contract


def written(table: pa.Table | dict[str, object], **how: object) -> bytes:
    """A Parquet file."""
    out = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), out, **how)
    return out.getvalue()


def text(data: bytes | ByteSource, *columns: Column, limits: Limits | None = None) -> bytes:
    things = replace(contract(*columns, format=FileFormat.PARQUET), limits=limits or Limits())
    return b"".join(text_of(InMemory(data) if isinstance(data, bytes) else data, things))
