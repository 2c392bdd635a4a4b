"""A small contract and rows of it."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.redshift.house import THING, Row


def row(key: str, value: str | None = "x", amount: str | None = None, seen: str | None = None) -> Row:
    return (key, value, amount, seen)


THINGS = read_contract("things.toml", THING.format(name="things").encode())


CONTRACTS: dict[str, Contract] = {"things": THINGS}
