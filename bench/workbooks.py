"""X: the transactions of A as a workbook: read and checked by Landfall, only read by its peers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bench.checks import contenders
from bench.files import Sample, transactions, transactions_contract, typed_rows
from bench.frame import comparison, rotated

MOST_ROWS = 200_000
PEERS = {
    "landfall": "landfall:check",
    "pandas, openpyxl": "workbook_engines:pandas_openpyxl",
    "pandas, calamine": "workbook_engines:pandas_calamine",
}
Note = Callable[[str], None]


def workbook_check(rows: int, rounds: int, note: Note) -> str:
    """Run X."""
    sample = _written(min(rows, MOST_ROWS))
    results = rotated(contenders(PEERS, sample), rounds, note)

    def verdict(name: str) -> str:
        return "all rows" if results.output(name)["read"] == sample.rows else "differs"

    return f"### X. Workbook: {sample.about}\n\n{comparison(results, beside='landfall', exact=verdict)}"


def _written(rows: int) -> Sample:
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
