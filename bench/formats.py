"""F, J and X: the transactions of A in lines of fixed width, as JSON and as a workbook.

J and F check them against their contract. The peers of X only read.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from bench.checks import contenders, verdict
from bench.files import Sample, transactions, transactions_contract, typed_rows
from bench.frame import Results, comparison, rotated

BAD_EVERY = 1_009
BAD_JSON: tuple[tuple[str, Any], ...] = (
    ("account_id", "12x"),
    ("transaction_date", "2025-02-30"),
    ("amount", "1,50"),
    ("currency", "EURO"),
    ("merchant", "m" * 300),
)
FORMS = {"an object a line": "\n", "objects without anything between": ""}
JSON_PEERS = {
    "landfall": "landfall:check byte_offset",
    "duckdb": "json_engines:duckdb_check",
    "json, one by one": "json_engines:plain",
}
WIDTHS = {
    "transaction_id": 14,
    "account_id": 12,
    "transaction_date": 10,
    "amount": 12,
    "currency": 4,
    "merchant": 24,
    "category": 10,
}
RIGHT = ("account_id", "amount")
BAD_FIELDS = (("account_id", "12x"), ("transaction_date", "2025-02-30"), ("amount", "1,50"), ("currency", "EURO"))
FIXED_PEERS = {
    "landfall": "landfall:check",
    "polars, slices of lines": "fixed_width_engines:polars_check",
    "pandas.read_fwf": "fixed_width_engines:pandas_check",
}
MOST_ROWS = 200_000
SHEET_PEERS = {
    "landfall": "landfall:check",
    "pandas, openpyxl": "workbook_engines:pandas_openpyxl",
    "pandas, calamine": "workbook_engines:pandas_calamine",
}
Note = Callable[[str], None]


def json_check(rows: int, rounds: int, note: Note) -> str:
    """Run J."""
    parts = []
    for form, gap in FORMS.items():
        sample = _json(rows, gap)
        peers = {**JSON_PEERS, "polars": "json_engines:polars_check"} if gap else JSON_PEERS
        results = rotated(contenders(peers, sample), rounds, note)
        shown = comparison(results, beside="landfall", exact=partial(_in_order, results, sample))
        parts.append(f"### J. JSON, {form}: {sample.about}\n\n{shown}")
    return "\n\n".join(parts)


def _in_order(results: Results, sample: Sample, name: str) -> str:
    """Compare the columns at fault in order: objects without line ends between them are all in line 1."""
    output = results.output(name)
    same = (output["read"], output["duplicate"]) == (sample.rows, sample.duplicate)
    return "exact" if same and list(output["faults"].values()) == list(sample.faults.values()) else "differs"


def _json(rows: int, gap: str) -> Sample:
    """Write the clean transactions as JSON, with some bad values. Without line ends all rows are in line 1."""
    contract, plain = transactions_contract("json"), transactions(rows, clean=True)
    path = contract.with_name(f"transactions-{rows}-{len(gap)}.json")
    faults = dict[str, str]()
    with path.open("w", encoding="utf-8") as out:
        for number, row in enumerate(typed_rows(plain)):
            if number % BAD_EVERY == BAD_EVERY - 1:
                column, value = BAD_JSON[number // BAD_EVERY % len(BAD_JSON)]
                row[column] = value
                faults[str(number + 1)] = column
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + gap)
    return Sample(path=path, contract=contract, rows=rows, faults=faults, duplicate=plain.duplicate)


def fixed_width_check(rows: int, rounds: int, note: Note) -> str:
    """Run F."""
    sample = _fixed_width(rows)
    results = rotated(contenders(FIXED_PEERS, sample), rounds, note)
    shown = comparison(results, beside="landfall", exact=lambda name: verdict(results, name, sample))
    return f"### F. Fixed width: {sample.about}\n\n{shown}"


def _fixed_width(rows: int) -> Sample:
    """Write the clean transactions in lines of fixed width, with some bad values. Merchants are cut to one line."""
    contract, plain = transactions_contract("fixed_width"), transactions(rows, clean=True)
    contract.write_text(re.sub(r"^(\w+) = \{", _positioned, contract.read_text(), flags=re.MULTILINE))
    path, faults = contract.with_name(f"transactions-{rows}.txt"), dict[str, str]()
    with plain.path.open(newline="", encoding="utf-8") as lines, path.open("w", encoding="utf-8") as out:
        for number, row in enumerate(csv.DictReader(lines), 1):
            if number % BAD_EVERY == 0:
                column, value = BAD_FIELDS[number // BAD_EVERY % len(BAD_FIELDS)]
                row[column] = value
                faults[str(number)] = column
            out.write("".join(_field(name, row[name]) for name in WIDTHS) + "\n")
    return Sample(path=path, contract=contract, rows=rows, faults=faults, duplicate=plain.duplicate)


def _positioned(found: re.Match[str]) -> str:
    names = list(WIDTHS)
    start = 1 + sum(WIDTHS[name] for name in names[: names.index(found[1])])
    return f"{found[1]} = {{ start = {start}, width = {WIDTHS[found[1]]},"


def _field(name: str, value: str) -> str:
    width, value = WIDTHS[name], " ".join(value.splitlines())
    return value.rjust(width) if name in RIGHT else value[:width].ljust(width)


def workbook_check(rows: int, rounds: int, note: Note) -> str:
    """Run X."""
    sample = _workbook(min(rows, MOST_ROWS))
    results = rotated(contenders(SHEET_PEERS, sample), rounds, note)

    def verdict(name: str) -> str:
        return "all rows" if results.output(name)["read"] == sample.rows else "differs"

    return f"### X. Workbook: {sample.about}\n\n{comparison(results, beside='landfall', exact=verdict)}"


def _workbook(rows: int) -> Sample:
    from openpyxl import Workbook

    contract, plain = transactions_contract("xlsx"), transactions(rows, clean=True)
    path = contract.with_name(f"transactions-{rows}.xlsx")
    if not path.exists():
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Transactions")
        for number, row in enumerate(typed_rows(plain)):
            if not number:
                sheet.append(list(row))
            sheet.append([_cell(name, value) for name, value in row.items()])
        book.save(path)
    return Sample(path=path, contract=contract, rows=rows, faults={}, duplicate=plain.duplicate)


def _cell(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value and name.endswith("_date") else value
