"""Two months of customer purchases, in the form of the well-known Walmart data set. The second corrects the first.

No row is of a real person: all are drawn from a seed.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from local.demo.truth import BadRow, TableTruth, Truth

HEADER = (
    "Customer_ID,Age,Gender,City,Category,Product_Name,Purchase_Date,Purchase_Amount,"
    "Payment_Method,Discount_Applied,Rating,Repeat_Customer"
)
GENDERS = ("Male", "Female", "Other")
CITIES = ("Springfield", "East Aaron", "Port Maria", "Lake Jason", "North Kim", '"St. John, West"', "São Tomé")
PRODUCTS: dict[str, tuple[str, ...]] = {
    "Electronics": ("Laptop", "Smartphone", "Headphones", "Smartwatch"),
    "Clothing": ("T-Shirt", "Jeans", "Jacket", "Sneakers"),
    "Home": ("Lamp", "Sofa Bed", "Blender", "Dinnerware Set"),
    "Beauty": ("Face Cream", "Perfume", "Lipstick", "Hair Dryer"),
}
PAYMENTS = ("Credit Card", "Debit Card", "UPI", "Cash on Delivery")
ANSWERS = ("Yes", "No")
BAD_VALUES = (("Purchase_Amount", "free", 1209), ("Purchase_Date", "2025-02-31", 1205), ("Customer_ID", "", 1213))
FIRST_ID = 100_000

Row = list[str]


def write_walmart(folder: Path, *, rows: int, seed: int = 11) -> tuple[tuple[Truth, ...], TableTruth]:
    """Write January and February below `monthly_data/`. Return their truths, and that of their table."""
    rng = np.random.default_rng(seed)
    corrected, repeated = rows // 25, rows // 100
    january = _month(rng, date(2025, 1, 1), rows, first_id=FIRST_ID)
    fixes = [_correct(row) for row in january[:corrected]]
    again = [list(row) for row in january[corrected : corrected + repeated]]
    new = _month(rng, date(2025, 2, 1), rows - corrected - repeated, first_id=FIRST_ID + rows)
    february = [*fixes, *again, *new]
    first = _write(folder, "January", january, [], inserted=rows)
    bad = [_spoil(new[n], n) for n in range(len(BAD_VALUES) * 4)]
    second = _write(folder, "February", february, bad, inserted=len(new), updated=corrected, unchanged=repeated)
    cents = sum(_cents(row) for row in [*february, *january[corrected + repeated :]])
    table = TableTruth(
        table="landing.walmart_sales",
        rows=rows + len(new),
        cents=cents,
        totals="SELECT count(*) AS row_count, sum(purchase_amount) AS purchase_amount FROM landing.walmart_sales",
        sample="SELECT customer_id, product_name, purchase_date, purchase_amount, rating FROM landing.walmart_sales"
        " ORDER BY customer_id LIMIT 3",
    )
    return (first, second), table


def _month(rng: np.random.Generator, start: date, rows: int, *, first_id: int) -> list[Row]:
    """Draw one purchase for each customer."""
    categories = [(category, product) for category, names in PRODUCTS.items() for product in names]

    def pick(choices: tuple[Any, ...] | list[Any]) -> list[Any]:
        return [choices[n] for n in rng.integers(0, len(choices), rows).tolist()]

    days = pick([(start + timedelta(days=n)).isoformat() for n in range(28)])
    cents = rng.integers(500, 50_000, rows).tolist()
    ages, ratings = rng.integers(18, 80, rows).tolist(), rng.integers(1, 6, rows).tolist()
    columns = zip(
        *(ages, pick(GENDERS), pick(CITIES), pick(categories), days, cents, pick(PAYMENTS), pick(ANSWERS), ratings),
        pick(ANSWERS),
        strict=True,
    )
    return [
        [str(first_id + n), str(age), gender, city, *what, day, _money(amount), pays, discount, str(rating), repeat]
        for n, (age, gender, city, what, day, amount, pays, discount, rating, repeat) in enumerate(columns)
    ]


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _cents(row: Row) -> int:
    return int(row[7].replace(".", ""))


def _correct(row: Row) -> Row:
    """Return the same purchase with another amount and rating."""
    return [*row[:7], _money(_cents(row) + 100), *row[8:10], str(6 - int(row[10])), row[11]]


def _spoil(row: Row, turn: int) -> tuple[Row, str, int]:
    column, text, code = BAD_VALUES[turn % len(BAD_VALUES)]
    spoilt = list(row)
    spoilt[HEADER.split(",").index(column)] = text
    return spoilt, column.lower(), code


def _write(folder: Path, month: str, rows: list[Row], bad: list[tuple[Row, str, int]], **counts: Any) -> Truth:
    """Write a month, bad rows last. Return its truth."""
    key = f"monthly_data/walmart_customer_{month}-2025.csv"
    lines = [HEADER, *(",".join(row) for row in rows), *(",".join(row) for row, _, _ in bad)]
    (folder / key).parent.mkdir(parents=True, exist_ok=True)
    (folder / key).write_bytes(("\n".join(lines) + "\n").encode())
    places = [
        BadRow(line=len(rows) + 2 + n, kind=f"{column} is bad", code=code, column=column)
        for n, (_, column, code) in enumerate(bad)
    ]
    return Truth(
        key=key,
        object="walmart_sales",
        read=len(rows) + len(bad),
        good=len(rows),
        rejected=len(bad),
        bad_rows=tuple(places),
        after="monthly_data/walmart_customer_January-2025.csv" if month == "February" else "",
        **counts,
    )
