"""pandas: all columns as text, then a vectorised test per column."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from bench.engines import DATE, INTEGER, STAMP, WHOLE, contract_at, decimal, required
from bench.engines.prefilter import sift
from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import Contract

Array = np.ndarray[Any, Any]


def check(path: str, contract: str, engine: Literal["c", "pyarrow"]) -> dict[str, Any]:
    agreed = contract_at(contract)
    sifted = sift(Path(path), agreed)
    names = [c.name for c in agreed.columns]
    if engine == "pyarrow":
        import pyarrow as pa

        pa.set_cpu_count(1)
    frame = pd.read_csv(
        io.BytesIO(sifted.clean()), header=None, names=names, dtype=str, keep_default_na=False, engine=engine
    )
    faults = faults_of(frame, agreed)
    key = frame[agreed.key[0]] if len(agreed.key) == 1 else frame[list(agreed.key)]
    good = np.ones(len(frame), bool)
    good[list(faults)] = False
    return sifted.found(faults, int(key[good].duplicated().sum()))


def faults_of(frame: pd.DataFrame, contract: Contract) -> dict[int, str]:
    """Return the first bad column of each bad row."""
    must = required(contract)
    faults: dict[int, str] = {}
    for column in contract.columns:
        values = frame[column.name]
        empty = (values == "").to_numpy(dtype=bool) | values.isna().to_numpy(dtype=bool)
        wrong = empty if column.name in must else np.zeros(len(empty), bool)
        for row in np.flatnonzero(wrong | (~_right(values, column) & ~empty)).tolist():
            faults.setdefault(row, column.name)
    return faults


def _right(values: pd.Series[str], column: Column) -> Array:
    kind = column.type
    if column.values:
        right = values.isin(column.values)
    elif column.pattern:
        right = values.str.fullmatch(column.pattern)
    elif kind.kind in WHOLE:
        return _integers(values, 1 << (WHOLE[kind.kind] - 1))
    elif kind.kind is TypeName.DECIMAL:
        right = values.str.match(decimal(kind))
    elif kind.kind is TypeName.DATE:
        right = values.str.match(DATE) & pd.to_datetime(values, format="%Y-%m-%d", errors="coerce").notna()
    elif kind.kind is TypeName.TIMESTAMP:
        right = values.str.match(STAMP) & pd.to_datetime(values, format="ISO8601", errors="coerce").notna()
    else:
        return _short(values, kind.length)
    return right.to_numpy(dtype=bool)


def _integers(values: pd.Series[str], limit: int) -> Array:
    right = values.str.match(INTEGER).to_numpy(dtype=bool).copy()
    near = np.flatnonzero(right & (values.str.len() >= len(str(limit))).to_numpy(dtype=bool))
    right[near] = [-limit <= int(v) < limit for v in values.iloc[near]]
    return right


def _short(values: pd.Series[str], length: int) -> Array:
    """Whether values have at most so many bytes. Only values with enough characters to be longer are encoded."""
    right = (values.str.len() * 4 <= length).to_numpy(dtype=bool).copy()
    near = np.flatnonzero(~right)
    right[near] = [len(v.encode()) <= length for v in values.iloc[near]]
    return right
