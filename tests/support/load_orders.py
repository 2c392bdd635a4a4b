"""Loads of a single file, from the fields of its share and of the load alike."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from chalicelib.domain.run.model import LedgerRow
from chalicelib.domain.warehouse.load import LoadOrder, Share
from chalicelib.ports import Warehouse

OF_SHARE = frozenset(f.name for f in fields(Share))


def load_of_one(**given: Any) -> LoadOrder:
    """The group is named as its only load, unless `group_id` says otherwise."""
    share, rest = _apart(given)
    return LoadOrder(**{"group_id": share["load_id"], **rest}, shares=(Share(**share),))


def changed(order: LoadOrder, **changes: Any) -> LoadOrder:
    """The load with changes of it, or of its only share."""
    share, rest = _apart(changes)
    return replace(order, **rest, shares=(replace(order.shares[0], **share),)) if share else replace(order, **rest)


def joined(*orders: LoadOrder, **changes: Any) -> LoadOrder:
    """One load of several files."""
    return replace(orders[0], shares=tuple(share for order in orders for share in order.shares), **changes)


def _apart(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    share = {name: value for name, value in given.items() if name in OF_SHARE}
    return share, {name: value for name, value in given.items() if name not in OF_SHARE}


def ledger_of(warehouse: Warehouse, *orders: LoadOrder) -> dict[str, LedgerRow]:
    """The ledger rows of all files of these loads, which are of one object."""
    ids = [share.load_id for order in orders for share in order.shares]
    return warehouse.ledger(orders[0].contract.name, ids, 0.0)
