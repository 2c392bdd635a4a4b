"""Short texts under names, on the table of runs."""

from __future__ import annotations

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.adapters.dynamodb import items
from chalicelib.adapters.dynamodb.table import mark_key
from chalicelib.adapters.dynamodb.table_client import TableClient


class DynamoBookmarks:
    """One item for each bookmark."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def get(self, name: str) -> str:
        found = self._table.get(mark_key(name))
        return str(items.decode(found["text"])) if found else ""

    def set(self, name: str, text: str) -> None:
        with translate_errors(f"set the bookmark {name}"):
            self._table.db.put_item(TableName=self._table.name, Item={**items.key(mark_key(name)), "text": {"S": text}})
