"""Queries of the ledger, and the fence that prevents later commits of a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.ddl import gate
from chalicelib.domain.warehouse.load import LEDGER_COLUMNS, Batch

_LEDGER = f"SELECT {', '.join(LEDGER_COLUMNS)} FROM etl.ledger WHERE load_id IN ({{}})"  # noqa: S608 (constants only)  # nosec B608
FENCE = "INSERT INTO etl.fenced (group_id, fenced_at) VALUES (:group_id, GETDATE())"


def ledger_query(load_ids: Sequence[str]) -> Batch:
    """Return the query for the ledger rows of these loads: LEDGER_COLUMNS, one row for each committed load."""
    names = [f":load_id_{n}" for n in range(len(load_ids))]
    parameters = {name[1:]: load_id for name, load_id in zip(names, load_ids, strict=True)}
    return Batch(statements=(_LEDGER.format(", ".join(names)),), parameters=parameters)


def ledger_row(record: Sequence[Any]) -> LedgerRow:
    """Read a row of the ledger query's result."""
    found = dict(zip(LEDGER_COLUMNS, record, strict=True))
    return LedgerRow(
        load_id=str(found["load_id"]),
        outcome=Outcome(found["outcome"]),
        staged=int(found["staged"]),
        duplicate=int(found["duplicates"]),
        inserted=int(found["inserted"]),
        updated=int(found["updated"]),
        unchanged=int(found["unchanged"]),
        superseded=int(found["superseded"]),
    )


def render_fence(target: str, group_id: str) -> Batch:
    """Return statements after which no load of the group commits. They wait for a load that holds the target's gate."""
    return Batch(statements=(f"LOCK TABLE {gate(target)}", FENCE), parameters={"group_id": group_id})
