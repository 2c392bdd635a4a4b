"""X: the transactions of A as a workbook: read and checked by Landfall, only read by its peers."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.files import TRANSACTIONS, Sample, transactions
from bench.frame import WORK, Contender, comparison, rotated

MOST_ROWS = 200_000
PEERS = {
    "landfall": "workbook_engines:landfall",
    "pandas, openpyxl": "workbook_engines:pandas_openpyxl",
    "pandas, calamine": "workbook_engines:pandas_calamine",
}
Note = Callable[[str], None]


def workbook_check(rows: int, rounds: int, note: Note) -> str:
    """Run X."""
    sample = _written(min(rows, MOST_ROWS))
    contenders = [
        Contender(name=name, call=f"bench.engines.{call}", arguments=(str(sample.path), str(sample.contract)))
        for name, call in PEERS.items()
    ]
    results = rotated(contenders, rounds, note)

    def verdict(name: str) -> str:
        return "all rows" if results.output(name)["read"] == sample.rows else "differs"

    return f"### X. Workbook: {sample.about}\n\n{comparison(results, beside='landfall', exact=verdict)}"


def _written(rows: int) -> Sample:
    from openpyxl import Workbook

    contract, path = WORK / "xlsx" / "transactions.toml", WORK / "xlsx" / f"transactions-{rows}.xlsx"
    plain = transactions(rows, clean=True)
    contract.parent.mkdir(parents=True, exist_ok=True)
    contract.write_text('format = "xlsx"\n' + TRANSACTIONS.read_text())
    if not path.exists():
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Transactions")
        for row in _rows(plain.path):
            sheet.append(row)
        book.save(path)
    return Sample(path=path, contract=contract, rows=rows, faults={}, duplicate=plain.duplicate)


def _rows(path: Path) -> Iterator[list[Any]]:
    with path.open(newline="", encoding="utf-8") as lines:
        head, *rows = csv.reader(lines)
    yield head
    for row in rows:
        yield [_value(name, text) for name, text in zip(head, row, strict=True)]


def _value(name: str, text: str) -> Any:
    if not text:
        return None
    if name.endswith("_date"):
        return datetime.fromisoformat(text)
    return int(text) if name == "account_id" else float(text) if name == "amount" else text
