"""J: the transactions of A as JSON, checked against their contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.checks import contenders
from bench.files import Sample, transactions, transactions_contract, typed_rows
from bench.frame import Results, comparison, rotated

BAD_EVERY = 1_009
BAD: tuple[tuple[str, Any], ...] = (
    ("account_id", "12x"),
    ("transaction_date", "2025-02-30"),
    ("amount", "1,50"),
    ("currency", "EURO"),
    ("merchant", "m" * 300),
)
FORMS = {"an object a line": "\n", "objects without anything between": ""}
PEERS = {
    "landfall": "landfall:check byte_offset",
    "duckdb": "json_engines:duckdb_check",
    "json, one by one": "json_engines:plain",
}
Note = Callable[[str], None]


def json_check(rows: int, rounds: int, note: Note) -> str:
    """Run J."""
    parts = []
    for form, gap in FORMS.items():
        sample = _written(rows, gap)
        peers = {**PEERS, "polars": "json_engines:polars_check"} if gap else PEERS
        results = rotated(contenders(peers, sample), rounds, note)
        shown = comparison(results, beside="landfall", exact=partial(_verdict, results, sample))
        parts.append(f"### J. JSON, {form}: {sample.about}\n\n{shown}")
    return "\n\n".join(parts)


def _verdict(results: Results, sample: Sample, name: str) -> str:
    """Compare the columns at fault in order: objects without line ends between them are all in line 1."""
    output = results.output(name)
    same = (output["read"], output["duplicate"]) == (sample.rows, sample.duplicate)
    return "exact" if same and list(output["faults"].values()) == list(sample.faults.values()) else "differs"


def _written(rows: int, gap: str) -> Sample:
    """Write the clean transactions as JSON, with some bad values. Without line ends all rows are in line 1."""
    contract, plain = transactions_contract("json"), transactions(rows, clean=True)
    path = contract.with_name(f"transactions-{rows}-{len(gap)}.json")
    faults = dict[str, str]()
    with path.open("w", encoding="utf-8") as out:
        for number, row in enumerate(typed_rows(plain)):
            if number % BAD_EVERY == BAD_EVERY - 1:
                column, value = BAD[number // BAD_EVERY % len(BAD)]
                row[column] = value
                faults[str(number + 1)] = column
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + gap)
    return Sample(path=path, contract=contract, rows=rows, faults=faults, duplicate=plain.duplicate)
