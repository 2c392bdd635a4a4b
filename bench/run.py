"""Measures the staging engine beside what people write by hand: Python's csv module, and pandas. All in one run.

    .venv/bin/python bench/run.py [--rows N] [--rounds N]     (or: make bench)

Each contender is a process of its own, imports included, that reads one file of transactions, checks every row against
the same contract and says how many rows it saw and how many it found bad. Rounds rotate the order; medians are shown.
CPU time of whole processes on a machine that does other things too: differences under 15 % mean nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cli.contracts import shipped  # noqa: E402

Found = tuple[int, int]
"""Rows seen, and rows found bad."""


def landfall(path: Path) -> Found:
    """The engine as `landfall check` runs it: rejects with line, byte offset, column, code and reason."""
    from cli.checking import Outputs, check_file
    from cli.localfile import opened

    with opened(path) as source:
        checked = check_file(source, shipped()["transactions"], Outputs(reject=lambda _reject: None))
    return checked.read, checked.rejected


def python_csv(path: Path) -> Found:
    """csv.reader and a function per type, written with care."""
    currencies = set(shipped()["transactions"].column("currency").values)
    seen = bad = 0
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as lines:
        reader = csv.reader(lines)
        next(reader)
        for row in reader:
            seen += 1
            bad += not _good(row, currencies)
    return seen, bad


def _good(row: list[str], currencies: set[str]) -> bool:
    if len(row) != 7:
        return False
    key, account, day, amount, currency, merchant, _ = row
    try:
        number, money = int(account), Decimal(amount)
        date.fromisoformat(day)
        size = len(merchant.encode())
    except (ValueError, InvalidOperation):
        return False
    fits = money.is_finite() and int(money.as_tuple().exponent) >= -2 and abs(money) < 10**16  # type: ignore[arg-type]
    return (
        bool(key) and abs(number) < 2**63 and fits and currency in currencies and size <= 256 and "\0" not in merchant
    )


def pandas(path: Path) -> Found:
    """Everything as text, then a vectorised check per column; lines it cannot split are skipped."""
    import pandas as pd

    frame = pd.read_csv(path, dtype=str, keep_default_na=False, on_bad_lines="skip", encoding_errors="replace")
    days = pd.to_datetime(frame["transaction_date"], format="%Y-%m-%d", errors="coerce").notna()
    good = (
        (frame["transaction_id"] != "")
        & frame["account_id"].str.fullmatch(r"[+-]?[0-9]{1,19}")
        & days
        & frame["amount"].str.fullmatch(r"[+-]?[0-9]{1,16}(\.[0-9]{1,2})?")
        & frame["currency"].isin(shipped()["transactions"].column("currency").values)
        & (frame["merchant"].str.encode("utf-8").str.len() <= 256)
    )
    return len(frame), int((~good).sum())


CONTENDERS: dict[str, Callable[[Path], Found]] = {"landfall": landfall, "csv": python_csv, "pandas": pandas}


def measured(name: str, path: Path) -> dict[str, float]:
    """One contender in a process of its own."""
    command = [sys.executable, __file__, "--one", name, str(path)]
    began = time.perf_counter()
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    return {**json.loads(said), "seconds": time.perf_counter() - began}


def one(name: str, path: Path) -> None:
    seen, bad = CONTENDERS[name](path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
    print(json.dumps({"seen": seen, "bad": bad, "cpu": used.ru_utime + used.ru_stime, "mb": peak}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=650_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one[0], Path(asked.one[1]))
        return
    compare(asked.rows, asked.rounds)


def compare(rows: int, rounds: int) -> None:
    """Measure all, and print a table in Markdown."""
    from local.demo.transactions import write_transactions

    path = ROOT / ".landfall" / "bench" / "transactions.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    truth, _ = write_transactions(path, rows=rows, key="incoming/transactions.csv")
    names = list(CONTENDERS)
    results: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            results[name].append(measured(name, path))
    print(f"{path.stat().st_size / 1e6:.0f} MB, {truth.read:,} rows, {truth.rejected:,} of them bad; {rounds} rounds\n")
    print("| | CPU s | seconds | RSS MB | CPU ratio | rows seen | bad rows found |\n|---|---|---|---|---|---|---|")
    base = _median(results["landfall"], "cpu")
    for name in names:
        cpu, seconds, mb = (_median(results[name], what) for what in ("cpu", "seconds", "mb"))
        last = results[name][-1]
        counts = f"{int(last['seen']):,} | {int(last['bad']):,}"
        print(f"| {name} | {cpu:.2f} | {seconds:.2f} | {mb:.0f} | {cpu / base:.2f} | {counts} |")


def _median(runs: list[dict[str, float]], what: str) -> float:
    return statistics.median(run[what] for run in runs)


if __name__ == "__main__":
    main()
