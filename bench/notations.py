"""N: the transactions of A, with values that Redshift does not read as files write them."""

from __future__ import annotations

import csv
import json
from calendar import month_abbr
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.files import TRANSACTIONS, Sample, transactions
from bench.frame import WORK, Contender, rotated, table

Note = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One column of the file, written in another way."""

    column: str
    settings: str
    """Added to the column in the contract."""
    written: Callable[[str], str]


def _european(amount: str) -> str:
    return f"{float(amount) * 1000:,.2f}".translate(str.maketrans(",.", ".,"))


PLAIN = "A, plain"
VARIANTS = {
    PLAIN: Variant(column="amount", settings="", written=str),
    "A with decimal commas": Variant(column="amount", settings='decimal = ","', written=lambda v: v.replace(".", ",")),
    "A with thousands": Variant(column="amount", settings='decimal = ",", thousands = "."', written=_european),
    "A with currency": Variant(column="amount", settings='currency = ["EUR"]', written=lambda v: f"{v} EUR"),
    "A with zeros in excess": Variant(column="amount", settings="", written=lambda v: f"{v}00"),
    "A with rounded amounts": Variant(column="amount", settings='excess = "round"', written=lambda v: f"{v}7"),
    "A with DD.MM.YYYY": Variant(
        column="transaction_date",
        settings='format = "DD.MM.YYYY"',
        written=lambda v: f"{v[8:]}.{v[5:7]}.{v[:4]}",
    ),
    "A with M/D/YYYY": Variant(
        column="transaction_date",
        settings='format = "M/D/YYYY"',
        written=lambda v: f"{int(v[5:7])}/{int(v[8:])}/{v[:4]}",
    ),
    "A with month names": Variant(
        column="transaction_date",
        settings='format = "MON DD YYYY"',
        written=lambda v: f"{month_abbr[int(v[5:7])]} {v[8:]} {v[:4]}",
    ),
}


def notations_check(rows: int, rounds: int, note: Note) -> str:
    """Run N."""
    plain = transactions(rows, clean=True)
    samples = {name: _sample(name, variant, plain) for name, variant in VARIANTS.items()}
    contenders = [
        Contender(name=name, call="bench.engines.landfall:check", arguments=(str(one.path), str(one.contract)))
        for name, one in samples.items()
    ]
    results = rotated(contenders, rounds, note)
    base, found = results.median(PLAIN, "cpu"), []
    for name in results.runs:
        cpu, output = results.median(name, "cpu"), results.output(name)
        more = f"{rows / (cpu - base) / 1e6:.1f} million" if cpu > 1.05 * base else ""
        good = "all" if (output["read"], output["faults"]) == (rows, {}) else "not all"
        found.append([name, f"{cpu:.2f}", f"{cpu / base:.2f}", more, good])
    heads = ["", "CPU s", "ratio", "rewritten values per second", "good rows"]
    about = f"{plain.mb:.0f} MB, {rows:,} rows"
    return f"### N. Check of transactions with values written otherwise: {about}\n\n{table(heads, found)}"


def _sample(name: str, variant: Variant, plain: Sample) -> Sample:
    stem = f"{plain.path.stem}-{name.lower().replace(',', '').replace(' ', '-')}"
    path, contract = WORK / f"{stem}.csv", WORK / stem / "transactions.toml"
    contract.parent.mkdir(parents=True, exist_ok=True)
    contract.write_text(_contract(variant))
    done = path.with_suffix(".json")
    if not done.exists():
        _write(plain.path, path, variant)
        done.write_text(json.dumps({}))
    return Sample(path=path, contract=contract, rows=plain.rows, faults={}, duplicate=plain.duplicate)


def _write(plain: Path, path: Path, variant: Variant) -> None:
    with plain.open(encoding="utf-8", newline="") as source, path.open("w", encoding="utf-8", newline="") as out:
        reader, writer = csv.reader(source), csv.writer(out, delimiter=";", lineterminator="\n")
        header = next(reader)
        writer.writerow(header)
        place = header.index(variant.column)
        for row in reader:
            row[place] = variant.written(row[place])
            writer.writerow(row)


def _contract(variant: Variant) -> str:
    text = TRANSACTIONS.read_text(encoding="utf-8").replace("\n[columns]", '\n[dialect]\ndelimiter = ";"\n\n[columns]')
    lines = text.split("\n")
    place = next(n for n, line in enumerate(lines) if line.startswith(f"{variant.column} = "))
    if variant.settings:
        lines[place] = lines[place].replace(" }", f", {variant.settings} }}")
    return "\n".join(lines)
