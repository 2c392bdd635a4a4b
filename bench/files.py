"""The measured files, with planted bad rows. They are seeded, made once and kept under .landfall/bench."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.frame import ROOT, WORK

TRANSACTIONS = ROOT / "chalicelib" / "contracts" / "transactions.toml"
BATCH = 20_000
BAD_EVERY = 1_009
Array = np.ndarray[Any, Any]
Make = Callable[[np.random.Generator, int], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file, its contract, and the truth about its rows."""

    path: Path
    contract: Path
    rows: int
    faults: Mapping[str, str]
    """Lines of bad rows with the column at fault (empty if the record is at fault)."""
    duplicate: int

    @property
    def mb(self) -> float:
        return self.path.stat().st_size / 1e6

    @property
    def about(self) -> str:
        return f"{self.mb:.0f} MB, {self.rows:,} rows, {len(self.faults):,} of them bad"


def transactions(rows: int, *, clean: bool = False) -> Sample:
    """Write transactions by the demo's generator, with 0.1 % bad rows of 21 kinds, or none."""
    name = f"transactions-{rows}{'-clean' if clean else ''}"

    def write(path: Path) -> tuple[dict[str, str], int]:
        from local.demo.transactions import write_transactions

        truth, _ = write_transactions(path, rows=rows, key="incoming/x.csv", bad_share=0.0 if clean else 0.001)
        return {str(bad.line): bad.column for bad in truth.bad_rows}, truth.duplicate

    return _kept(name, TRANSACTIONS, rows, write)


def transactions_contract(form: str) -> Path:
    """Write the contract of transactions for files in another format, into a folder of its own."""
    contract = WORK / form / "transactions.toml"
    contract.parent.mkdir(parents=True, exist_ok=True)
    contract.write_text(f'format = "{form}"\n' + TRANSACTIONS.read_text())
    return contract


def typed_rows(plain: Sample) -> Iterator[dict[str, Any]]:
    """Yield the rows of transactions with numbers as numbers, and None for an empty field."""
    with plain.path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield {name: _typed(name, text) for name, text in row.items()}


def _typed(name: str, text: str) -> Any:
    if not text:
        return None
    return int(text) if name == "account_id" else float(text) if name == "amount" else text


def _kept(name: str, contract: Path, rows: int, write: Callable[[Path], tuple[dict[str, str], int]]) -> Sample:
    WORK.mkdir(parents=True, exist_ok=True)
    path, truth = WORK / f"{name}.csv", WORK / f"{name}.json"
    if not truth.exists():
        faults, duplicate = write(path)
        truth.write_text(json.dumps({"faults": faults, "duplicate": duplicate}))
    return Sample(path=path, contract=contract, rows=rows, **json.loads(truth.read_text()))


# ---- files of one difficulty each ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Made:
    """A column of a made-up file."""

    rule: str
    make: Make
    bad: str


def _numbers(low: int, high: int, form: str = "{}") -> Make:
    return lambda rng, n: [form.format(v) for v in rng.integers(low, high, n).tolist()]


def _cents(rng: np.random.Generator, n: int) -> list[str]:
    return [f"{v / 100:.2f}" for v in rng.integers(-10_000_000, 1_000_000_000, n).tolist()]


def _days(rng: np.random.Generator, n: int) -> list[str]:
    return np.datetime_as_string(np.datetime64("2000-01-01") + rng.integers(0, 9_000, n)).tolist()


def _stamps(unit: str, per_second: int) -> Make:
    start = np.datetime64("2020-01-01", unit)

    def make(rng: np.random.Generator, n: int) -> list[str]:
        moments = start + rng.integers(0, 150_000_000 * per_second, n)
        return np.char.replace(np.datetime_as_string(moments), "T", " ").tolist()

    return make


def _of(*choices: str) -> Make:
    return lambda rng, n: [choices[v] for v in rng.integers(0, len(choices), n).tolist()]


def _letters(rng: np.random.Generator, n: int, size: int, base: str) -> list[str]:
    return ["".join(row) for row in np.array(list(base))[rng.integers(0, len(base), (n, size))].tolist()]


CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
STAMP = Made(rule='{ type = "timestamp" }', make=_stamps("s", 1), bad="2024-02-30 10:00:00")
FINE = Made(rule='{ type = "timestamp" }', make=_stamps("us", 1_000_000), bad="2024-01-01 25:00:00.5")
TEXT = Made(rule='{ type = "varchar(40)" }', make=_numbers(0, 10**9, "text number {}"), bad="x" * 41)
WORDS = Made(rule='{ type = "varchar(40)" }', make=_of("", "some words", "Müller, & Söhne", "日本", "-"), bad="é" * 21)
INTEGER = Made(rule='{ type = "bigint" }', make=_numbers(-(10**9), 10**12), bad="12a")
SMALL = Made(rule='{ type = "integer" }', make=_numbers(0, 5_000), bad="2147483648")
MONEY = Made(rule='{ type = "decimal(14,2)" }', make=_cents, bad="1.234")
DAY = Made(rule='{ type = "date" }', make=_days, bad="2023-02-29")
CHOICE = Made(
    rule='{ type = "varchar(8)", values = ["new", "open", "closed", "void"] }',
    make=_of("new", "open", "closed"),
    bad="NEW",
)
SKU = Made(
    rule="{ type = \"varchar(20)\", pattern = '[A-Z]{3}-[0-9]{6}' }",
    make=lambda rng, n: [
        f"{a}-{b}" for a, b in zip(_letters(rng, n, 3, CAPITALS), _numbers(10**5, 10**6)(rng, n), strict=True)
    ],
    bad="abc-123456",
)
EMAIL = Made(
    rule="{ type = \"varchar(80)\", pattern = '[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}' }",
    make=lambda rng, n: [
        f"{a}.{b}@{d}"
        for a, b, d in zip(_letters(rng, n, 6, "abcdefgh"), _numbers(0, 10**5)(rng, n), HOSTS(rng, n), strict=True)
    ],
    bad="nobody at example.com",
)
HOSTS = _of("example.com", "mail.example.org", "example.co.uk")
PHONE = Made(
    rule="{ type = \"varchar(20)\", pattern = '\\+[1-9][0-9]{7,14}' }",
    make=_numbers(10**10, 10**12, "+{}"),
    bad="+0123",
)
POSTCODE = Made(
    rule="{ type = \"varchar(10)\", pattern = '[0-9]{5}(-[0-9]{4})?' }", make=_numbers(10_000, 99_999), bad="1234"
)
GRADE = Made(rule="{ type = \"varchar(8)\", pattern = '(?:A|B|C)[+-]?' }", make=_of("A", "A+", "B", "B-", "C"), bad="D")

KINDS: dict[str, tuple[Made, ...]] = {
    "wide": (INTEGER, SMALL, MONEY, DAY, CHOICE, TEXT, WORDS, STAMP, TEXT) * 11,
    "quoted": (TEXT, WORDS, INTEGER, MONEY, DAY, CHOICE),
    "timestamps": (STAMP, FINE) * 4,
    "patterns": (SKU, EMAIL, PHONE, POSTCODE, GRADE, SKU),
}


def made(kind: str, mb: int) -> Sample:
    """Write about so many MB of one kind. Every column has its bad value in turn."""
    columns = {f"c{n}": column for n, column in enumerate(KINDS[kind])}
    contract = WORK / f"{kind}.toml"
    WORK.mkdir(parents=True, exist_ok=True)
    contract.write_text(_contract(kind, columns))
    per_row = sum(len(v) + 1 for v in _rows(kind, columns, 2_000)) / 2_000
    rows = int(mb * 1e6 / per_row)

    def write(path: Path) -> tuple[dict[str, str], int]:
        with path.open("w", encoding="utf-8", newline="") as out:
            out.write(",".join(["id", *columns]) + "\n")
            for row in _rows(kind, columns, rows):
                out.write(row + "\n")
        names = list(columns)
        bad = range(BAD_EVERY - 1, rows, BAD_EVERY)
        return {str(row + 2): names[turn % len(names)] for turn, row in enumerate(bad)}, 0

    return _kept(f"{kind}-{rows}", contract, rows, write)


def _contract(kind: str, columns: Mapping[str, Made]) -> str:
    rules = "\n".join(f"{name} = {column.rule}" for name, column in columns.items())
    return (
        f'name = "{kind}"\ntarget = "landing.{kind}"\nlands_at = ["incoming/{kind}.csv"]\nmode = "scd1"\n'
        f'kind = "delta"\nkey = ["id"]\n[columns]\nid = {{ type = "varchar(20)", required = true }}\n{rules}\n'
    )


def _rows(kind: str, columns: Mapping[str, Made], rows: int) -> Iterator[str]:
    rng = np.random.default_rng(11)
    names = list(columns)
    for start in range(0, rows, BATCH):
        size = min(BATCH, rows - start)
        values = [[f"R{n:012d}" for n in range(start, start + size)]]
        values += [list(column.make(rng, size)) for column in columns.values()]
        for row in range(BAD_EVERY - 1 - start % BAD_EVERY, size, BAD_EVERY):
            place = (start + row) // BAD_EVERY % len(names)
            values[place + 1][row] = columns[names[place]].bad
        for row in zip(*values, strict=True):
            yield ",".join(_written(kind, v) for v in row)


def _written(kind: str, value: str) -> str:
    return f'"{value}"' if kind == "quoted" or "," in value else value
