"""Finds the contract that a header is closest to if it fits none. The difference is what the sender must correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.formats.csv.header import DELIMITERS, match_header
from chalicelib.errors import Rejected


def closest(contracts: Contracts, headers: Mapping[str, Sequence[str]]) -> str:
    """Name the contract that has most of the names, and how the header differs. Empty if no contract has any of them.

    `headers` are the names as each contract reads them. If a contract reads a single name, other delimiters are tried.
    """
    found = [
        (_shared(contract, names), -len(contract.columns), contract, names, delimiter)
        for key, contract in contracts.items()
        for delimiter, names in _readings(contract, headers[key])
    ]
    shared, _, contract, names, delimiter = max(found, key=lambda entry: entry[:2])
    if not shared:
        return ""
    if delimiter == contract.dialect.delimiter:
        return f"the closest is {contract.name}: {_difference(contract, names)}"
    has, wants = DELIMITERS[delimiter], DELIMITERS.get(contract.dialect.delimiter, repr(contract.dialect.delimiter))
    return f"the closest is {contract.name}, but the header has {has} between its names, and the contract wants {wants}"


def _readings(contract: Contract, names: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """Split the names by the contract's delimiter. A single name is also split by each other delimiter in it."""
    usual = contract.dialect.delimiter
    others = [d for d in DELIMITERS if len(names) == 1 and d != usual and d in names[0]]
    return [(usual, names), *((other, names[0].split(other)) for other in others)]


def _shared(contract: Contract, names: Sequence[str]) -> int:
    """Count the distinct names that the contract has."""
    known = {_plain(name) for column in contract.as_read.columns for name in (column.name, *column.aliases)}
    return len({_plain(name) for name in names} & known)


def _plain(name: str) -> str:
    """Normalise a name for comparison: case, spaces, underscores and quotes do not count."""
    return "".join(name.split()).replace("_", "").strip('"').casefold()


def _difference(contract: Contract, names: Sequence[str]) -> str:
    try:
        match_header(contract.as_read, tuple(names), private=False)
    except Rejected as error:
        return error.message.partition("; ")[2]
    return "its header fits"
