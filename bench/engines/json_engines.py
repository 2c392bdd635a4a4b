"""J: the peers read JSON with all values as text, and check them as in A. They number the objects, from 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.engines import contract_at, required
from bench.engines.plain import good_value


def duckdb_check(path: str, contract: str) -> dict[str, Any]:
    import duckdb

    from bench.engines.duckdb_engine import wrong

    agreed = contract_at(contract)
    names, key = [c.name for c in agreed.columns], ", ".join(agreed.key)
    columns = "{" + ", ".join(f"'{n}': 'VARCHAR'" for n in names) + "}"
    with Path(path).open("rb") as file:
        kind = "newline_delimited" if b"\n" in file.read(4096) else "unstructured"
    source = f"read_json('{path}', format='{kind}', columns={columns})"
    rows, read, good, distinct = duckdb.connect(config={"threads": 1}).execute(
        f"SELECT list([rn, wrong]) FILTER (WHERE wrong > 0), count(*), count(*) FILTER (WHERE wrong = 0), "
        f"count(DISTINCT ({key})) FILTER (WHERE wrong = 0) "
        f"FROM (SELECT row_number() OVER () AS rn, {key}, {wrong(agreed)} AS wrong FROM {source})"
    ).fetchone() or (None, 0, 0, 0)
    faults = {row: names[number - 1] for row, number in rows or ()}
    return {"read": read, "faults": faults, "duplicate": good - distinct}


def polars_check(path: str, contract: str) -> dict[str, Any]:
    import polars as pl

    from bench.engines.polars_engine import faults_of

    agreed = contract_at(contract)
    frame = pl.read_ndjson(path, schema=dict.fromkeys((c.name for c in agreed.columns), pl.String))
    faults, duplicate = faults_of(frame, agreed)
    return {"read": len(frame), "faults": {row + 1: name for row, name in faults.items()}, "duplicate": duplicate}


def plain(path: str, contract: str) -> dict[str, Any]:
    """Read object after object with Python's json, with numbers as text, and a function per type."""
    agreed = contract_at(contract)
    must = required(agreed)
    decode = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode
    text = Path(path).read_text(encoding="utf-8")
    at, read, faults, keys = 0, 0, dict[int, str](), set[str]()
    while at < len(text):
        row, at = decode(text, at)
        at += text.startswith("\n", at)
        read += 1
        column = next((c.name for c in agreed.columns if not good_value(c, row.get(c.name), c.name in must)), None)
        if column:
            faults[read] = column
        else:
            keys.add(row[agreed.key[0]])
    return {"read": read, "faults": faults, "duplicate": read - len(faults) - len(keys)}
