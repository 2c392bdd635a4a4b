"""duckdb: one query over read_csv with all columns as text. Only the bad rows are materialised."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb

from bench.engines import INTEGER, STAMP, WHOLE, contract_at, decimal, required
from bench.engines.prefilter import sift
from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import Contract

INTEGERS = {16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
READ = (
    "read_csv('{path}', columns={columns}, header=false, auto_detect=false, delim=',', quote='\"', escape='\"', "
    "nullstr='', strict_mode=true, max_line_size=16000000, new_line='\\n')"
)


def check(path: str, contract: str) -> dict[str, Any]:
    agreed = contract_at(contract)
    sifted = sift(Path(path), agreed)
    names = [c.name for c in agreed.columns]
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".csv") as clean:  # it reads files only
        clean.write(sifted.clean())
        clean.flush()
        columns = "{" + ", ".join(f"'{n}': 'VARCHAR'" for n in names) + "}"
        source = READ.format(path=clean.name, columns=columns)
        key = ", ".join(agreed.key)
        connection = duckdb.connect(config={"threads": 1})
        rows, good, distinct = connection.execute(
            f"SELECT list([rn, wrong]) FILTER (WHERE wrong > 0), count(*) FILTER (WHERE wrong = 0), "
            f"count(DISTINCT ({key})) FILTER (WHERE wrong = 0) "
            f"FROM (SELECT row_number() OVER () - 1 AS rn, {key}, {wrong(agreed)} AS wrong FROM {source})"
        ).fetchone() or (None, 0, 0)
    return sifted.found({row: names[number - 1] for row, number in rows or ()}, good - distinct)


def wrong(contract: Contract) -> str:
    """Return SQL for the number of the first bad column, from 1; 0 if there is none."""
    must = required(contract)
    cases = []
    for number, column in enumerate(contract.columns, start=1):
        test = f"NOT ({_right(column)})"
        test = f"{column.name} IS NULL OR {test}" if column.name in must else test
        cases.append(f"WHEN {test} THEN {number}")
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _right(column: Column) -> str:  # noqa: PLR0911
    name, kind = column.name, column.type
    if column.values:
        return f"{name} IN ({', '.join(repr(v) for v in column.values)})"
    if column.pattern:
        return f"regexp_full_match({name}, '{column.pattern}')"
    if kind.kind in WHOLE:
        return f"try_cast({name} AS {INTEGERS[WHOLE[kind.kind]]}) IS NOT NULL AND regexp_matches({name}, '{INTEGER}')"
    if kind.kind is TypeName.DECIMAL:
        return f"regexp_matches({name}, '{decimal(kind)}')"
    if kind.kind is TypeName.DATE:
        return f"strlen({name}) = 10 AND try_cast({name} AS DATE) IS NOT NULL"
    if kind.kind is TypeName.TIMESTAMP:
        return f"try_cast({name} AS TIMESTAMP) IS NOT NULL AND regexp_matches({name}, '{STAMP}')"
    return f"strlen({name}) <= {kind.length}"
