"""The contracts that commands work with: those of a folder, or one from a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import Contracts, load_contracts, read_contract
from chalicelib.domain.contract_files.smoke import deployed_contracts
from chalicelib.errors import ContractError
from landfall.faults import CommandError, ExitCode, usage
from landfall.remote.deployment import ROOT

FOLDER_VARIABLE = "LANDFALL_CONTRACTS"
"""Variable with the folder of contracts that replace those of the package."""
SHIPPED = ROOT / "chalicelib" / "contracts"


def folder_in_use() -> Path:
    """Return the folder that the environment names, else that of the package."""
    return Path(os.environ.get(FOLDER_VARIABLE) or SHIPPED)


def has_own() -> bool:
    """Whether the environment names another folder than that of the package."""
    return folder_in_use().resolve() != SHIPPED


def shipped() -> Contracts:
    """Return the contracts of the folder that the environment names, else those of the package. Raises CommandError."""
    return _read(load_contracts)


def deployed() -> Contracts:
    """Return these and the one that every deployment has. Raises CommandError."""
    return _read(deployed_contracts)


def _read(reader: Callable[[Path], Contracts]) -> Contracts:
    folder = folder_in_use()
    if not folder.is_dir():
        raise usage(f"{FOLDER_VARIABLE} is {folder}: there is no such folder")
    try:
        return reader(folder)
    except ContractError as error:
        raise _at_fault(error) from error


def known(contracts: Contracts, name: str) -> Contract:
    """Return the contract called `name`. Raises CommandError."""
    if name in contracts:
        return contracts[name]
    raise usage(f'there is no contract "{name}"; there are: {", ".join(contracts)}')


def from_file(path: Path) -> Contract:
    """Read the contract in a file. Raises CommandError."""
    try:
        return read_contract(path.name, path.read_bytes(), path.parent)
    except ContractError as error:
        raise _at_fault(error) from error
    except OSError as error:
        raise usage(f"the contract {path} cannot be read: {error.strerror}") from error


def _at_fault(error: ContractError) -> CommandError:
    """List every fault on its own line."""
    return CommandError("contract at fault:", ExitCode.USAGE, error.faults)
