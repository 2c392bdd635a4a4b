"""How long the SQL gets that the merge's procedures build for a contract."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract

MAX_MERGE_BYTES = 60_000
"""Redshift's longest varchar is 65,535 bytes, and the merge's SQL is built in one."""


def merge_bytes(contract: Contract) -> int:
    """Return an upper bound of the longest statement that the steps of etl.apply_scd1_v1 build for the contract."""
    names = [len(c.name) for c in contract.columns]
    writing_winners = 23_600 + sum(n + 8 for n in names) + sum(4 * (len(k) + 20) for k in contract.key)
    updating = 2_000 + sum(2 * n + 14 for n in names) + sum(2 * (len(k) + 80) for k in contract.key)
    return max(writing_winners, updating)
