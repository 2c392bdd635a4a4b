"""Moto copies a whole table for each operation of a transaction. Importing this makes these copies cheap.

A table shares with its copy all but its items, and an item the values that cannot change: no operation of a
transaction changes these in place.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table


def _value(value: DynamoType) -> DynamoType:
    if not isinstance(value.value, dict | list):
        return value
    copied = copy(value)
    if isinstance(value.value, dict):
        copied.value = {name: _value(inner) for name, inner in value.value.items()}
    else:  # a list of values, or a set of texts
        copied.value = [_value(inner) if isinstance(inner, DynamoType) else inner for inner in value.value]
    return copied


def _item(self: Item, _memo: object) -> Item:
    copied: Item = object.__new__(Item)
    copied.hash_key, copied.range_key, copied.attrs = self.hash_key, self.range_key, LimitedSizeDict()
    values = {name: _value(value) for name, value in self.attrs.items()}
    dict.update(copied.attrs, values)  # LimitedSizeDict would measure the item again for each attribute
    return copied


def _table(self: Table, memo: object) -> Table:
    assert self.range_key_attr, "each of Landfall's tables has a sort key"
    copied = copy(self)
    parts = ((key, {sort: _item(item, memo) for sort, item in part.items()}) for key, part in self.items.items())
    copied.items = defaultdict(dict, parts)
    return copied


Item.__deepcopy__ = _item
Table.__deepcopy__ = _table
