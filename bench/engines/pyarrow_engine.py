"""pyarrow: its CSV reader with all columns as text, then its compute functions, batch by batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from bench.engines import INTEGER, STAMP, WHOLE, contract_at, decimal, required
from bench.engines.prefilter import sift
from chalicelib.domain.contract.column import Column, TypeName


def check(path: str, contract: str) -> dict[str, Any]:
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    agreed = contract_at(contract)
    sifted = sift(Path(path), agreed)
    names = [c.name for c in agreed.columns]
    frame = csv.read_csv(
        pa.BufferReader(sifted.clean()),
        read_options=csv.ReadOptions(use_threads=False, column_names=names),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )
    must, faults = required(agreed), dict[int, str]()
    for column in agreed.columns:
        for chunk, first in _chunks(frame.column(column.name)):
            wrong = pc.and_(pc.invert(_right(chunk, column)), pc.greater(pc.binary_length(chunk), 0))
            if column.name in must:
                wrong = pc.or_(wrong, pc.equal(pc.binary_length(chunk), 0))
            for row in pc.indices_nonzero(wrong).to_pylist():
                faults.setdefault(first + row, column.name)
    good = np.ones(len(frame), bool)
    good[list(faults)] = False
    keys = frame.select(list(agreed.key)).filter(pa.array(good))
    distinct = len(keys.group_by(list(agreed.key), use_threads=False).aggregate([]))
    return sifted.found(faults, len(keys) - distinct)


def _chunks(column: pa.ChunkedArray) -> list[tuple[pa.Array, int]]:
    first, found = 0, []
    for chunk in column.chunks:
        found.append((chunk, first))
        first += len(chunk)
    return found


def _right(values: pa.Array, column: Column) -> pa.Array:  # noqa: PLR0911
    kind = column.type
    if column.values:
        return pc.is_in(values, value_set=pa.array(column.values))
    if column.pattern:
        return pc.match_substring_regex(values, f"^(?:{column.pattern})$")
    if kind.kind in WHOLE:
        right = pc.match_substring_regex(values, INTEGER)
        limit = 1 << (WHOLE[kind.kind] - 1)
        near = pc.and_(right, pc.greater_equal(pc.binary_length(values), len(str(limit))))
        rows = pc.indices_nonzero(near).to_pylist()
        over = [row for row in rows if not -limit <= int(values[row].as_py()) < limit]
        if not over:
            return right
        exact = np.array(right)
        exact[over] = False
        return pa.array(exact)
    if kind.kind is TypeName.DECIMAL:
        return pc.match_substring_regex(values, decimal(kind))
    if kind.kind is TypeName.DATE:
        return _moment(values, "%Y-%m-%d", pc.equal(pc.binary_length(values), 10))
    if kind.kind is TypeName.TIMESTAMP:
        return _moment(
            pc.utf8_slice_codeunits(values, 0, 19), "%Y-%m-%d %H:%M:%S", pc.match_substring_regex(values, STAMP)
        )
    return pc.less_equal(pc.binary_length(values), kind.length)


def _moment(values: pa.Array, form: str, shaped: pa.Array) -> pa.Array:
    """Check that days and times exist: strptime reads 30 February as 1 March, so its result is written and compared."""
    read = pc.strptime(values, format=form, unit="s", error_is_null=True)
    same = pc.fill_null(pc.equal(pc.strftime(read, format=form), values), False)
    return pc.and_(same, shaped)
