"""Queries of the ledger, and the fence that prevents later commits of a group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.ddl import gate
from chalicelib.domain.warehouse.load import LEDGER_COLUMNS, Batch
from chalicelib.errors import Broken

_LEDGER = f"""SELECT {", ".join(LEDGER_COLUMNS)} FROM etl.ledger
WHERE object = :object AND committed_at >= CAST('{{}}' AS timestamp) AND load_id IN ({{}})"""  # noqa: S608 (constants only)  # nosec B608
FENCE = "INSERT INTO etl.fenced (group_id, fenced_at) VALUES (:group_id, GETDATE())"
DAY = 86_400
_LOAD_ID = re.compile(r"[0-9a-f]{32}")


def ledger_query(object_name: str, load_ids: Sequence[str], since: float) -> Batch:
    """Return the query for the ledger rows of these loads: LEDGER_COLUMNS, one row for each committed load.

    `since` is a time before all these loads. Object and time are the ledger's sort key, so old blocks are not read. The
    warehouse's clock may differ, and its time zone too (by 14 hours at most): a day earlier is early enough.
    Load ids are literals, since no document gives the most parameters of a statement.
    """
    if not all(map(_LOAD_ID.fullmatch, load_ids)):
        raise Broken("a load id is not 32 hexadecimal digits", code="BAD_LOAD_ORDER")
    earliest = datetime.fromtimestamp(max(since - DAY, 0.0), UTC).strftime("%Y-%m-%d %H:%M:%S")
    listed = ", ".join(f"'{load_id}'" for load_id in load_ids)
    return Batch(statements=(_LEDGER.format(earliest, listed),), parameters={"object": object_name})


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
