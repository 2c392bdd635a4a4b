"""polars: all columns as text, then expressions. Only bad rows are searched for their first bad column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from bench.engines import STAMP, WHOLE, contract_at, decimal, required
from bench.engines.prefilter import sift
from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import Contract

INTEGERS = {16: pl.Int16, 32: pl.Int32, 64: pl.Int64}


def check(path: str, contract: str) -> dict[str, Any]:
    agreed = contract_at(contract)
    sifted = sift(Path(path), agreed)
    names = [c.name for c in agreed.columns]
    frame = pl.read_csv(sifted.clean(), has_header=False, schema=dict.fromkeys(names, pl.String))
    return sifted.found(*faults_of(frame, agreed))


def faults_of(frame: pl.DataFrame, agreed: Contract) -> tuple[dict[int, str], int]:
    """Return the first bad column of each bad row, and the number of good rows that repeat a key."""
    tests = tests_of(agreed)
    bad = frame.lazy().select(pl.any_horizontal(tests.values()).fill_null(False)).collect().to_series()
    some = frame.filter(bad).select(test.fill_null(False).alias(name) for name, test in tests.items())
    columns = (next(name for name, wrong in row.items() if wrong) for row in some.iter_rows(named=True))
    faults = dict(zip(bad.arg_true().to_list(), columns, strict=True))
    keys = frame.lazy().filter(~bad).select(pl.struct(agreed.key) if len(agreed.key) > 1 else agreed.key[0])
    duplicate = len(frame) - len(faults) - keys.unique().select(pl.len()).collect().item()
    return faults, duplicate


def tests_of(contract: Contract) -> dict[str, pl.Expr]:
    """Return an expression per column: true for bad values, null for empty ones that are allowed."""
    must = required(contract)
    tests = {column.name: _wrong(column) for column in contract.columns}
    return {n: pl.col(n).is_null() | test if n in must else test for n, test in tests.items()}


def _wrong(column: Column) -> pl.Expr:  # noqa: PLR0911
    value, kind = pl.col(column.name), column.type
    if column.values:
        return ~value.is_in(list(column.values))
    if column.pattern:
        return ~value.str.contains(f"^(?:{column.pattern})$")
    if kind.kind in WHOLE:
        return value.cast(INTEGERS[WHOLE[kind.kind]], strict=False).is_null() & value.is_not_null()
    if kind.kind is TypeName.DECIMAL:
        return ~value.str.contains(decimal(kind))
    if kind.kind is TypeName.DATE:
        real = value.str.to_date("%Y-%m-%d", strict=False).is_not_null() & (value.str.len_bytes() == 10)
        return ~real & value.is_not_null()
    if kind.kind is TypeName.TIMESTAMP:
        real = value.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False).is_not_null()
        return ~(real & value.str.contains(STAMP)) & value.is_not_null()
    return value.str.len_bytes() > kind.length
