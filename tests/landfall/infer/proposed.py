"""A proposal by the command line, and what becomes of its file."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from landfall.check.checking import Outputs, check_file
from landfall.localfile import opened
from landfall.main import app


def infer(*files: Path, name: str = "deal") -> tuple[str, Contract]:
    found = CliRunner().invoke(app, ["infer", *map(str, files), "--name", name])
    assert found.exit_code == 0, found.output
    return found.stdout, read_contract(f"{name}.toml", found.stdout.encode())


def rejected(path: Path, contract: Contract) -> int:
    """The number of rejected rows; -1 if no row was read."""
    with opened(path) as source:
        checked = check_file(source, contract, Outputs(reject=lambda _reject: None))
    return checked.rejected if checked.read else -1
