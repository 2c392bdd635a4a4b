"""Short texts under names, on the table of runs."""

from __future__ import annotations

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors
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
            self._table.db.put_item(TableName=self._table.name, Item=_item(name, text))

    def move(self, name: str, seen: str, text: str) -> bool:
        condition = "#text = :seen" if seen else "attribute_not_exists(pk) OR #text = :seen"
        with translate_errors(f"move the bookmark {name}"):
            try:
                self._table.db.put_item(
                    TableName=self._table.name,
                    Item=_item(name, text),
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#text": "text"},
                    ExpressionAttributeValues={":seen": {"S": seen}},
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                return self.get(name) == text  # botocore's repeat may meet its own first request
        return True


def _item(name: str, text: str) -> items.Item:
    return {**items.key(mark_key(name)), "text": {"S": text}}
