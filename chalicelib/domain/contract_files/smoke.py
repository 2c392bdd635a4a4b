"""The contract that every deployment has beside its own: `landfall doctor --deployment` loads three rows by it.

Its keys are always the same, so its table never has more than two rows.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.domain.contract_files.contract_file import Contracts, read_contracts, texts_of
from chalicelib.errors import ContractError

NAME = "landfall_smoke"
FILE = f"{NAME}.toml"
TOML = b"""
name = "landfall_smoke"
description = "Three rows that `landfall doctor --deployment` loads, and removes again"
target = "landing.landfall_smoke"
lands_at = ["incoming/landfall_smoke/*"]
key = ["id"]

[limits]
max_reject_ratio = 0.5

[columns]
id = { type = "varchar(16)", required = true }
amount = { type = "decimal(10,2)" }
checked_at = { type = "timestamp", required = true }
"""


def deployed_contracts(directory: Path | str) -> Contracts:
    """Read the contracts of a folder, and add this one. Raises ContractError with every fault of every file."""
    texts = texts_of(directory)
    if FILE in texts:
        raise ContractError([f"{FILE}: every deployment has a contract of this name; rename yours"])
    return read_contracts({**texts, FILE: TOML}, directory)
