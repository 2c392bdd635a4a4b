"""The contract that every deployment has beside its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chalicelib.domain.contract.routing import route
from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.domain.contract_files.smoke import FILE, NAME, TOML, deployed_contracts
from chalicelib.errors import ContractError
from tests.support.paths import CONTRACTS


def test_it_is_beside_the_contracts_of_a_folder(tmp_path: Path) -> None:
    shutil.copy(CONTRACTS / "orders.toml", tmp_path)
    assert list(deployed_contracts(tmp_path)) == [NAME, "orders"]
    assert list(load_contracts(tmp_path)) == ["orders"]


def test_its_files_are_its_own_beside_a_contract_for_all(tmp_path: Path) -> None:
    text = (CONTRACTS / "orders.toml").read_text().replace("incoming/orders/*", "incoming/*/*")
    (tmp_path / "orders.toml").write_text(text)
    found = route(deployed_contracts(tmp_path), f"incoming/{NAME}/x.csv")
    assert found is not None
    assert found.contract.name == NAME


def test_its_name_is_taken(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TOML.decode())
    shutil.copy(CONTRACTS / "orders.toml", tmp_path)
    with pytest.raises(ContractError, match=f'name: "{NAME}" is also the name in'):
        deployed_contracts(tmp_path)
    (tmp_path / "mine.toml").rename(tmp_path / FILE)
    with pytest.raises(ContractError, match=f"{FILE}: every deployment has a contract of this name"):
        deployed_contracts(tmp_path)
