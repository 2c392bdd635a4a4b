"""The load queue of each target, on the table of runs: an item per waiting run, and one for the group being loaded.

Guarantees that a target has one group at a time, and that a change of a group requires it unchanged since the read.
Reads are strongly consistent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import Any, Unpack

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors
from chalicelib.adapters.dynamodb import expressions, items
from chalicelib.adapters.dynamodb.table import WAITING, group_key, waiting_key
from chalicelib.adapters.dynamodb.table_client import TableClient
from chalicelib.adapters.moves import turn
from chalicelib.domain.run.group import Group, GroupChanges, GroupState, Member, changed
from chalicelib.domain.run.model import Run
from chalicelib.ports import Clock, Conflict


class DynamoLoadQueue:
    """The load queues of all targets on one table."""

    def __init__(self, table: TableClient, clock: Clock) -> None:
        self._db = table.db
        self._table = table.name
        self._clock = clock

    def enqueue(self, target: str, run: Run, not_before: float = 0.0) -> None:
        values = {"run_id": run.run_id, "not_before": not_before, "turn": turn(run)}
        item = {**items.key(waiting_key(target, run)), **{name: items.encode(v) for name, v in values.items()}}
        with translate_errors(f"enqueue run {run.run_id} for {target}"):
            self._unless_moved(
                lambda: self._db.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk) OR #turn < :turn",
                    ExpressionAttributeNames={"#turn": "turn"},
                    ExpressionAttributeValues={":turn": {"S": turn(run)}},
                )
            )

    def waiting(self, target: str) -> Iterator[str]:
        now = self._clock.now()
        pages = self._db.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :run)",
            ExpressionAttributeValues={":pk": {"S": group_key(target)[0]}, ":run": {"S": WAITING}},
        )
        with translate_errors(f"read the load queue of {target}"):
            for page in pages:
                found = [{name: items.decode(a) for name, a in item.items()} for item in page["Items"]]
                yield from [str(item["run_id"]) for item in found if item["not_before"] <= now]

    def remove(self, target: str, runs: Sequence[Run]) -> None:
        for run in runs:
            with translate_errors(f"remove run {run.run_id} from the load queue of {target}"):
                self._unless_moved(
                    lambda run=run: self._db.delete_item(
                        TableName=self._table,
                        Key=items.key(waiting_key(target, run)),
                        ConditionExpression="attribute_not_exists(pk) OR #turn <= :turn",
                        ExpressionAttributeNames={"#turn": "turn"},
                        ExpressionAttributeValues={":turn": {"S": turn(run)}},
                    )
                )

    def group(self, target: str) -> Group | None:
        with translate_errors(f"read the group of {target}"):
            response = self._db.get_item(TableName=self._table, Key=items.key(group_key(target)), ConsistentRead=True)
        return _read(response["Item"]) if "Item" in response else None

    def claim(self, group: Group) -> bool:
        with translate_errors(f"claim the slot of {group.target}"):
            taken = self._unless_moved(
                lambda: self._db.put_item(
                    TableName=self._table,
                    Item={**items.key(group_key(group.target)), **_attributes(group)},
                    ConditionExpression="attribute_not_exists(pk)",
                )
            )
        return taken or self.group(group.target) == group

    def change(self, group: Group, **changes: Unpack[GroupChanges]) -> Group:
        new = changed(group, **changes)
        with translate_errors(f"change the group of {group.target}"):
            done = self._unless_moved(
                lambda: self._db.put_item(
                    TableName=self._table,
                    Item={**items.key(group_key(group.target)), **_attributes(new)},
                    **expressions.where(_plain(group), names=[], values={}),
                )
            )
        if not done and self.group(group.target) != new:  # botocore's repeat may meet its own first request
            raise Conflict(f"another worker has changed the group of {group.target}")
        return new

    def release(self, group: Group) -> None:
        request: Any = expressions.where({"group_id": group.group_id}, names=[], values={})
        with translate_errors(f"release the slot of {group.target}"):
            self._unless_moved(
                lambda: self._db.delete_item(TableName=self._table, Key=items.key(group_key(group.target)), **request)
            )

    def _unless_moved(self, write: Any) -> bool:
        """Run the write, and return whether its condition held."""
        try:
            write()
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _plain(group: Group) -> dict[str, Any]:
    """Return the group as plain values. The members are one text: there are hundreds, and no query needs one."""
    return {
        "group_id": group.group_id,
        "target": group.target,
        "members": json.dumps([astuple(m) for m in group.members]),
        "lease_until": group.lease_until,
        "submitted_at": group.submitted_at,
        "statement_id": group.statement_id,
        "state": group.state.value,
    }


def _attributes(group: Group) -> dict[str, Any]:
    return {name: items.encode(value) for name, value in _plain(group).items()}


def _read(item: items.Item) -> Group:
    values = {name: items.decode(a) for name, a in item.items()}
    return Group(
        target=values["target"],
        members=tuple(Member(run_id=r, generation=g, attempt=a) for r, g, a in json.loads(values["members"])),
        lease_until=float(values["lease_until"]),
        submitted_at=float(values["submitted_at"]),
        statement_id=values["statement_id"],
        state=GroupState(values["state"]),
    )
