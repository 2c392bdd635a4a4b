"""Find runs by other attributes than their id: the indexes return keys, the table returns the current runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.adapters.aws_errors import code_of, translate_errors
from chalicelib.adapters.dynamodb import expressions, items
from chalicelib.adapters.dynamodb.table import BY_NAME, BY_OBJECT, INDEXES, RECENT, UNFINISHED, run_key
from chalicelib.adapters.dynamodb.table_client import ConditionFailedError, TableClient
from chalicelib.domain.run.cursors import bad_cursor, is_text, read_cursor, write_cursor
from chalicelib.domain.run.model import Run, RunState
from chalicelib.errors import Refused
from chalicelib.ports import Page

BATCH = 100
"""Keys per BatchGetItem, which is DynamoDB's limit, and therefore per query."""
EXAMINED = 2_000
"""Most runs examined for one page: if few of them match, the page is short and its cursor continues."""
Bounds = Mapping[str, float]
"""Operators of a key condition and their operands: `>=`, `<`, or BETWEEN and AND."""
_NUMBER = re.compile(r"[0-9]{1,16}(\.[0-9]{1,16})?")


class DynamoSearch:
    """Queries over the table's indexes. May miss the newest runs; never shows an old state."""

    def __init__(self, table: TableClient) -> None:
        self._table = table.name
        self._db = table.db
        self._client = table

    def page(
        self,
        *,
        object: str = "",
        state: RunState | None = None,
        since: float = 0.0,
        until: float | None = None,
        cursor: str = "",
        limit: int = 50,
    ) -> Page:
        index, value = (BY_OBJECT, object) if object else (RECENT, "RUN")
        bounds = {">=": since} if until is None else {"BETWEEN": since, "AND": until}
        if until is not None and until < since:  # DynamoDB refuses such a range
            return Page(runs=())
        found: list[Run] = []
        last: items.Item = {}
        start = _start(cursor, index, value)
        try:
            for number, (key, run) in enumerate(self._walk(index, value, bounds, start)):
                if len(found) == limit or number == EXAMINED:
                    return Page(runs=tuple(found), cursor=write_cursor(last))
                if run and state in (None, run.state):
                    found.append(run)
                last = key
        except Refused as error:
            if cursor and error.__cause__ and code_of(error.__cause__) == "ValidationException":
                raise bad_cursor() from error  # DynamoDB validates a start key more strictly than read_cursor
            raise
        return Page(runs=tuple(found))

    def _walk(
        self, index: str, value: str, bounds: Bounds, start: items.Item
    ) -> Iterator[tuple[items.Item, Run | None]]:
        """Yield the index keys after `start` and their runs, newest first."""
        more = True
        while more:
            keys, more = self._query(index, value, bounds, start, newest_first=True)
            yield from zip(keys, self._fetch(keys), strict=True)
            start = keys[-1] if keys else {}

    def by_name(self, name: str) -> Iterator[Run]:
        if name:
            yield from (run for _, run in self._walk(BY_NAME, name, {">=": 0.0}, {}) if run)

    def unfinished(self, before: float) -> Iterator[Run]:
        for run in self._open_before(before):
            if run.finished:
                self._close(run)
            elif run.updated_at < before:
                yield run

    def _open_before(self, before: float) -> Iterator[Run]:
        """Yield the runs in the index of unfinished runs, the longest unchanged first."""
        start: items.Item = {}
        more = True
        while more:
            keys, more = self._query(UNFINISHED, "1", {"<": before}, start, newest_first=False)
            yield from (run for run in self._fetch(keys) if run)
            start = keys[-1] if keys else {}

    def _close(self, run: Run) -> None:
        """Remove a finished run from the index of unfinished runs; two workers that end it at once may leave it."""
        change = expressions.update({"open": None}, {"updated_at": run.updated_at, "notified": True})
        with suppress(ConditionFailedError):
            self._client.update(f"close run {run.run_id}", run_key(run.run_id), **change)

    def _query(
        self, index: str, value: str, bounds: Bounds, after: items.Item, *, newest_first: bool
    ) -> tuple[list[items.Item], bool]:
        """Return up to BATCH keys after `after`, and whether there are more."""
        hash_name, range_name = INDEXES[index]
        start: Any = {"ExclusiveStartKey": after} if after else {}
        limits = {f":bound{number}": items.encode(bound) for number, bound in enumerate(bounds.values())}
        comparison = " ".join(f"{operator} {name}" for operator, name in zip(bounds, limits, strict=True))
        with translate_errors(f"query {index}"):
            response = self._db.query(
                TableName=self._table,
                IndexName=index,
                KeyConditionExpression=f"#hash = :hash AND #range {comparison}",
                ExpressionAttributeNames={"#hash": hash_name, "#range": range_name},
                ExpressionAttributeValues={":hash": {"S": value}, **limits},
                ScanIndexForward=not newest_first,
                Limit=BATCH,
                **start,
            )
        return response["Items"], "LastEvaluatedKey" in response

    def _fetch(self, keys: list[items.Item]) -> list[Run | None]:
        """Return the runs of index keys, in their order; None for a run that no longer exists."""
        pairs = [(key["pk"]["S"], key["sk"]["S"]) for key in keys]
        found = {item["pk"]["S"]: items.read_run(item) for item in self._client.batches.read(pairs)}
        return [found.get(pk) for pk, _ in pairs]


def _start(cursor: str, index: str, value: str) -> items.Item:
    """Return the index key in a cursor. Raises Refused for a cursor of another search."""
    hash_name, range_name = INDEXES[index]
    key = read_cursor(cursor, {"pk": _is_string, "sk": _is_string, hash_name: _is_string, range_name: _is_number})
    if key and key[hash_name] != {"S": value}:
        raise bad_cursor()
    return key


def _is_string(given: Any) -> bool:
    return _is(given, "S")


def _is_number(given: Any) -> bool:
    return _is(given, "N") and _NUMBER.fullmatch(given["N"]) is not None


def _is(given: Any, kind: str) -> bool:
    """Return whether `given` is a DynamoDB attribute of this kind, with a text that is not empty."""
    return isinstance(given, dict) and set(given) == {kind} and is_text(given[kind]) and bool(given[kind])
