"""One load of the contract contact."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.domain.warehouse.load import LoadOrder
from tests.support import paths
from tests.support.load_orders import changed, load_of_one

CONTRACTS = load_contracts(paths.CONTRACTS)


CONTACT = CONTRACTS["contact"]


def order(**changes: Any) -> LoadOrder:
    made = load_of_one(
        contract=CONTACT,
        columns=tuple(c.name for c in CONTACT.columns),
        load_id="0123456789abcdef" * 2,
        run_id="fedcba9876543210" * 2,
        source_order="1767225600.000#0055AED6DCD90281E5",
        bucket="landing-zone",
        key="incoming/contact/a.csv",
        rows_read=3,
        rows_good=2,
        rows_rejected=1,
        manifest="s3://landing-zone/processed/contact/0123/manifest.json",
        iam_role="arn:aws:iam::123456789012:role/landfall-copy",
    )
    return changed(made, **changes)
