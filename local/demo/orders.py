"""TPC-H orders from tpchgen-cli, and a file that no contract can take."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

from local.demo.truth import TableTruth, Truth

TIMEOUT_SECONDS = 600


def write_orders(folder: Path, *, scale: float) -> tuple[Truth, TableTruth]:
    """Write 1.5 million rows (170 MB) per unit of scale. Return the file's truth, read by Python's csv module."""
    path = folder / "incoming/orders/orders.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    program = Path(sys.executable).with_name("tpchgen-cli")
    command = [str(program), "csv", "-s", str(scale), "--tables=orders", f"--output-dir={path.parent}", "--overwrite"]
    subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_SECONDS)
    rows, cents = 0, 0
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        price = next(reader).index("o_totalprice")
        for row in reader:
            rows, cents = rows + 1, cents + int(row[price].replace(".", ""))
    truth = Truth(key="incoming/orders/orders.csv", object="orders", read=rows, good=rows, inserted=rows)
    table = TableTruth(
        table="landing.orders",
        rows=rows,
        cents=cents,
        totals="SELECT count(*) AS row_count, sum(o_totalprice) AS o_totalprice FROM landing.orders",
        sample="SELECT o_orderkey, o_orderdate, o_totalprice, o_clerk FROM landing.orders ORDER BY o_orderkey LIMIT 3",
    )
    return truth, table


def write_wrong_header(folder: Path) -> Truth:
    """Write transactions of a system that calls the amount a total and has no currency."""
    key = "incoming/transactions/wrong_header.csv"
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    header = "transaction_id,account_id,transaction_date,total,merchant,category"
    rows = (f"W{n},{n},2025-01-05,12.50,Acme,travel" for n in range(100))
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return Truth(key=key, object="transactions", state="REJECTED", code="HEADER_MISMATCH")
