"""A contract with an export, and what happens to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.adapters.transfers import LEAST_PART_BYTES
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.export.settings import ExportSettings
from tests.packaging.account import Account
from tests.packaging.rights import BUCKET
from tests.support.api import GOOD


def with_export(contract: Contract, **changes: Any) -> Contract:
    """The contract with an export, and with other changes."""
    return replace(contract, export=ExportSettings(key="dashboard_data/things.csv"), **changes)


def a_large_export_is_written(account: Account) -> None:
    """The first copy of it is broken off, and the sweep tries again."""
    account.calls.unanswered |= {("advance_run", "UploadPartCopy")}
    account.land("incoming/thing/more.csv", GOOD + b"more,v,1\n")
    account.sweep()
    account.settle()
    assert account.calls.unanswered == set()
    [export] = account.s3.list_objects_v2(Bucket=BUCKET, Prefix="dashboard_data/")["Contents"]
    assert export["Size"] > LEAST_PART_BYTES
