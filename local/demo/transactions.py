"""A file of card transactions: seeded, so that the same call writes the same bytes, with planted bad and repeated rows.

Columns are drawn as arrays and rendered in batches: a million rows (77 MB) take about two seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from local.demo.bad_rows import BAD_KINDS, Fields
from local.demo.truth import BadRow, TableTruth, Truth

HEADER = "transaction_id,account_id,transaction_date,amount,currency,merchant,category"
CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CHF", "SEK", "PLN", "BRL", "INR", "MXN")
CATEGORIES = ("groceries", "dining", "travel", "fuel", "utilities", "health", "clothing", "transfer", "fees", "")
FIRST_NAMES = (
    *(
        "Amazon",
        "Walmart",
        "Target",
        "Costco",
        "Shell",
        "Uber",
        "Netflix",
        "Delta",
        "Hilton",
        "Starbucks",
        "McDonald's",
    ),
    *("Home Depot", "Best Buy", "Apple", "CVS", "Kroger", "Aldi", "Lidl", "Carrefour", "Tesco", "Café Müller"),
    *("Łódź Market", "日本商店", "Señor Taco", "Åhléns"),
)
LAST_NAMES = ("Store", "Marketplace", "Online", "Pharmacy", "Fuel", "Hotel", "Rides", "Bistro", "Express", "Outlet")
ODD_NAMES = ("NA", "NULL", "nan", "None", "null", "#N/A", "-", r"\N", "1e5", "007", "é" * 128)
"""Texts that a careless reader converts to another value, and one text of exactly 256 bytes."""
NAMES = 20_000
DAYS = tuple((date(2022, 1, 1) + timedelta(days=n)).isoformat() for n in range(1_400))
CENTS = tuple(f".{n:02d}" for n in range(100))
BATCH = 100_000

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which rows are bad and which repeat the key of an earlier one."""

    bad: Array
    """Row numbers, ascending."""
    repeat: Array
    repeated: Array
    """The earlier rows, one for each in `repeat`."""


@dataclass(frozen=True, kw_only=True)
class Merchants:
    """A pool of names, written as CSV."""

    written: list[str]
    newlines: Array
    """Number of line ends in each name."""
    plain: int
    """Index of a name that needs no quotes."""


def write_transactions(
    path: Path, *, rows: int, key: str, seed: int = 7, bad_share: float = 0.001, repeat_share: float = 0.0005
) -> tuple[Truth, TableTruth]:
    """Write the file, and return its truth."""
    rng = np.random.default_rng(seed)
    plan = _plan(rng, rows, bad_share, repeat_share)
    merchants = _merchants(rng)
    drawn = _draw(rng, rows, plan, merchants)
    with path.open("wb") as out:
        out.write(f"{HEADER}\n".encode())
        for text in _render(drawn, plan, merchants):
            out.write(text.encode("utf-8", "surrogateescape"))
    return _truth(key, plan, drawn, merchants), _table(plan, drawn)


def _plan(rng: np.random.Generator, rows: int, bad_share: float, repeat_share: float) -> Plan:
    marked = rng.permutation(rows)[: round(rows * bad_share) + 2 * round(rows * repeat_share)]
    bad, pairs = np.split(marked, [round(rows * bad_share)])
    pairs = np.sort(pairs.reshape(-1, 2), axis=1)
    return Plan(bad=np.sort(bad), repeated=pairs[:, 0], repeat=pairs[:, 1])


STYLES: tuple[tuple[int, str], ...] = (  # number among 1,000 names
    (100, "{first} {last}, Inc."),
    (30, '{first} "{last}" #{number}'),
    (10, "{first}\n{last} {number}"),
    (3, "{first}\r\nT1,2,2025-01-01,1.00,USD,x,y\n{last}"),  # looks like the start of a record
    (7, "  {first} {last} "),
    (300, "{first} {last}*{number:06X}"),
    (550, "{first} {last} {number}"),
)


def _merchants(rng: np.random.Generator) -> Merchants:
    shares, styles = zip(*STYLES, strict=True)
    chosen = np.repeat(np.arange(len(styles)), shares)[rng.integers(0, 1_000, NAMES)].tolist()
    first, last = rng.integers(0, len(FIRST_NAMES), NAMES).tolist(), rng.integers(0, len(LAST_NAMES), NAMES).tolist()
    numbers = rng.integers(0, 99_999, NAMES).tolist()
    names = [
        styles[s].format(first=FIRST_NAMES[a], last=LAST_NAMES[b], number=n)
        for s, a, b, n in zip(chosen, first, last, numbers, strict=True)
    ]
    names[: len(ODD_NAMES)] = ODD_NAMES
    plain = next(n for n in range(len(ODD_NAMES), NAMES) if chosen[n] == len(STYLES) - 1)
    return Merchants(
        written=[_written(n) for n in names], newlines=np.array([n.count("\n") for n in names]), plain=plain
    )


def _written(name: str) -> str:
    """Write a name as CSV, in quotes if necessary."""
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\n\r') else name


def _draw(rng: np.random.Generator, rows: int, plan: Plan, merchants: Merchants) -> dict[str, Array]:
    amounts = np.minimum(rng.lognormal(8.0, 1.4, rows), 1e9).astype(np.int64)
    drawn = {
        "id": np.arange(1, rows + 1),
        "account": rng.integers(1_000_000_000, 9_999_999_999, rows),
        "day": rng.integers(0, len(DAYS), rows),
        "cents": np.where(rng.random(rows) < 0.07, -amounts, amounts),
        "currency": np.minimum(rng.geometric(0.45, rows), len(CURRENCIES)) - 1,
        "merchant": rng.integers(0, NAMES, rows),
        "category": rng.integers(0, len(CATEGORIES), rows),
    }
    for name in ("id", "account", "day"):  # a repeat has the same day, so that the later row counts
        drawn[name][plan.repeat] = drawn[name][plan.repeated]
    drawn["merchant"][plan.bad] = merchants.plain
    return drawn


def _render(drawn: dict[str, Array], plan: Plan, merchants: Merchants) -> Iterator[str]:
    turns = {row: turn for turn, row in enumerate(plan.bad.tolist())}
    for start in range(0, len(drawn["id"]), BATCH):
        batch = {name: values[start : start + BATCH] for name, values in drawn.items()}
        lines = _lines(batch, merchants.written)
        for row in plan.bad[(plan.bad >= start) & (plan.bad < start + BATCH)].tolist():
            lines[row - start] = _bad_record(lines[row - start], turns[row])
        yield "\n".join(lines) + "\n"


def _lines(batch: dict[str, Array], merchants: list[str]) -> list[str]:
    columns = zip(
        batch["id"].tolist(),
        (batch["id"] * 7_919 % 97).tolist(),
        batch["account"].tolist(),
        batch["day"].tolist(),
        np.where(batch["cents"] < 0, "-", "").tolist(),
        *(part.tolist() for part in np.divmod(np.abs(batch["cents"]), 100)),
        batch["currency"].tolist(),
        batch["merchant"].tolist(),
        batch["category"].tolist(),
        strict=True,
    )
    return [
        f"T{n:011d}{c:02d},{a},{DAYS[d]},{s}{u}{CENTS[h]},{CURRENCIES[y]},{merchants[m]},{CATEGORIES[g]}"
        for n, c, a, d, s, u, h, y, m, g in columns
    ]


def _bad_record(line: str, turn: int) -> str:
    fields: Fields = dict(zip(HEADER.split(","), line.split(","), strict=True))
    return BAD_KINDS[turn % len(BAD_KINDS)].record(fields, turn // len(BAD_KINDS))


def _truth(key: str, plan: Plan, drawn: dict[str, Array], merchants: Merchants) -> Truth:
    rows = len(drawn["id"])
    lines = 2 + np.arange(rows) + np.concatenate([[0], np.cumsum(merchants.newlines[drawn["merchant"]])[:-1]])
    kinds = [BAD_KINDS[turn % len(BAD_KINDS)] for turn in range(len(plan.bad))]
    places = zip(lines[plan.bad].tolist(), kinds, strict=True)
    good = rows - len(plan.bad)
    return Truth(
        key=key,
        object="transactions",
        read=rows,
        good=good,
        rejected=len(plan.bad),
        duplicate=len(plan.repeat),
        inserted=good - len(plan.repeat),
        bad_rows=tuple(BadRow(line=line, kind=kind.name, code=kind.code, column=kind.column) for line, kind in places),
    )


def _table(plan: Plan, drawn: dict[str, Array]) -> TableTruth:
    kept = np.ones(len(drawn["id"]), bool)
    kept[plan.bad] = kept[plan.repeated] = False
    cents = int(drawn["cents"][kept].sum())
    return TableTruth(
        table="landing.transactions",
        rows=int(kept.sum()),
        cents=cents,
        totals="SELECT count(*) AS row_count, sum(amount) AS amount FROM landing.transactions",
        sample="SELECT transaction_id, transaction_date, amount, currency, merchant FROM landing.transactions"
        " ORDER BY transaction_id LIMIT 3",
    )
