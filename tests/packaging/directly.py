"""A deployment whose small files are loaded directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.adapters.clients import client
from chalicelib.domain.contract.contract import Contract, Load
from tests.packaging.account import REGION, SETTINGS, Account


def direct_account(contracts: Mapping[str, Contract]) -> Account:
    """A deployment with a login in a secret."""
    login = '{"username": "loader", "password": "p"}'
    made = client("secretsmanager", region_name=REGION).create_secret(Name="warehouse", SecretString=login)
    settings = replace(SETTINGS, warehouse_host="warehouse.internal", db_secret=made["ARN"])
    direct = {name: replace(contract, load=Load.DIRECT) for name, contract in contracts.items()}
    return Account(direct, versioned=True, settings=settings)
