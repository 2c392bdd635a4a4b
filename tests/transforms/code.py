"""Contracts with a transform, made for a test."""

from __future__ import annotations

from pathlib import Path

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract

HEAD = """import pandas as pd
from decimal import Decimal
from chalicelib.transforms.row_error import RowError
"""
TOML = """
name = "thing"
target = "landing.things"
lands_at = ["incoming/thing/*"]
key = ["id"]
transform = "thing:tidy"
{top}
[limits]
max_reject_ratio = 1.0
[columns]
id = {{ type = "bigint", required = true }}
{columns}
"""


def module(folder: Path, body: str) -> None:
    """Write a module with the function of that body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    (folder / "thing.py").write_text(f"{HEAD}def tidy(frame):\n{lines}")


def contract_of(folder: Path, body: str, columns: str = "", top: str = "") -> Contract:
    """Write a module and a contract, and read both."""
    module(folder, body)
    text = TOML.format(columns=columns, top=top)
    (folder / "thing.toml").write_text(text)
    return read_contract("thing.toml", text.encode(), folder)
