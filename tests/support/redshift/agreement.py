"""Loads a file with one column of each form of value, and compares the table with what the values mean."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import psycopg

from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.contracts import toml
from tests.support.csv_rows import csv_rows
from tests.support.files.engine import stage_file
from tests.support.redshift.desk import Desk

COUNT = 2_000
Pair = tuple[str, Any]
"""A value as a file writes it, and what the table must hold."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """One column: its settings, and how a value of it is made."""

    settings: str
    make: Callable[[random.Random], Pair]
    read: Callable[[str], Any] = Decimal


def agree(desk: Desk, forms: Mapping[str, Form], table: str) -> None:
    """Stage and load a file with one column of each form, and compare the table with what was meant."""
    of = random.Random(table)
    rows = [[form.make(of) for form in forms.values()] for _ in range(COUNT)]
    columns = "\n".join(f"{name} = {{ {form.settings} }}" for name, form in forms.items())
    text = toml(columns=f'id = {{ type = "bigint", required = true }}\n{columns}')
    contract = replace(read_contract("thing.toml", text), lineage=False)
    lines = [["id", *forms], *([number, *(written for written, _ in row)] for number, row in enumerate(rows))]
    staged = stage_file(csv_rows(lines).encode(), contract, 100_000)
    assert staged.rejects == []

    types = ", ".join(f"{column.name} {column.type.sql}" for column in contract.columns)
    desk.ok(f"create table {table} ({types})")
    found = desk.copy(table, staged.good.decode(), "NULL AS '' TIMEFORMAT AS 'auto'")
    assert found["Status"] == "FINISHED", (found["Error"], desk.faults(table)[:5])
    with psycopg.connect(desk.redshift.dsn) as session:
        session.execute("set time zone 'UTC'")
        shown = ", ".join(f"{name}::text" for name in forms)
        held = session.execute(f"select {shown} from {table} order by id".encode()).fetchall()
    for place, (name, form) in enumerate(forms.items()):
        kept = [row[place] if row[place] is None else form.read(row[place]) for row in held]
        assert list(zip([row[place][0] for row in rows], kept, strict=True)) == [row[place] for row in rows], name
