"""F: the peers slice lines of fixed width into columns of text, and check them as in A."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.engines import contract_at


def pandas_check(path: str, contract: str) -> dict[str, Any]:
    import pandas as pd

    from bench.engines.pandas_engine import faults_of

    agreed = contract_at(contract)
    spans = [(c.span.start - 1, c.span.last) for c in agreed.columns if c.span]
    names = [c.name for c in agreed.columns]
    frame = pd.read_fwf(path, colspecs=spans, names=names, header=None, dtype=str, keep_default_na=False)
    faults = faults_of(frame, agreed)
    good = np.ones(len(frame), bool)
    good[list(faults)] = False
    duplicate = int(frame[agreed.key[0]][good].duplicated().sum())
    return {"read": len(frame), "faults": {row + 1: name for row, name in faults.items()}, "duplicate": duplicate}


def polars_check(path: str, contract: str) -> dict[str, Any]:
    import polars as pl

    from bench.engines.polars_engine import faults_of

    agreed = contract_at(contract)
    lines = pl.read_csv(path, has_header=False, separator="\x01", quote_char=None, schema={"line": pl.String})
    frame = lines.select(
        pl.col("line").str.slice(c.span.start - 1, c.span.width).str.strip_chars(" ").replace("", None).alias(c.name)
        for c in agreed.columns
        if c.span
    )
    faults, duplicate = faults_of(frame, agreed)
    return {"read": len(frame), "faults": {row + 1: name for row, name in faults.items()}, "duplicate": duplicate}
