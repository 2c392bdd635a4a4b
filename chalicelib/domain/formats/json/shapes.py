"""The shape of an object: its names, its punctuation and its blanks, with a gap for each value.

Programs write the objects of a file alike, so that one object shows the shape of many.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.domain.contract.contract import ExtraColumns
from chalicelib.domain.formats.json.fields import Node
from chalicelib.domain.formats.json.objects import ObjectReader

TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^ \t\r\n{}\[\],:"]++|[{}\[\],:]')
CONTROL = re.compile(rb"[\x00-\x1f]")
NO_COLUMN, ONLY_NULL = -1, -2
"""What a gap is for, besides a column: a value that is left out; null, where objects have columns inside."""


@dataclass(frozen=True)
class Shape:
    """The texts around the values of an object, and what each value is for."""

    texts: tuple[bytes, ...]
    """Before the first value, between two values, behind the last one."""
    targets: tuple[int, ...]
    """For each value the index of its column, NO_COLUMN or ONLY_NULL."""

    @property
    def controls(self) -> int:
        """Number of line ends and tabs in the texts."""
        return sum(len(CONTROL.findall(text)) for text in self.texts)


class _Unlike(Exception):
    """The object has an array, or an object that is a value."""


def shape_of(record: bytes, reader: ObjectReader) -> Shape | None:
    """Return the shape of a good row's object; None if it has an array, or an object in a column."""
    try:
        return _Walk(record, reader).shape()
    except _Unlike:
        return None


class _Walk:
    """Goes through the tokens of one object, which `reader` has read as a row."""

    def __init__(self, record: bytes, reader: ObjectReader) -> None:
        self.record, self.reader, self.at = record, reader, 0
        self.tokens = [(found.start(), found.end()) for found in TOKEN.finditer(record)]
        self.edges = [0]
        self.targets: list[int] = []

    def shape(self) -> Shape:
        self._object(self.reader.tree)
        edges = [*self.edges, len(self.record)]
        texts = tuple(self.record[edges[n] : edges[n + 1]] for n in range(0, len(edges), 2))
        if not self.targets or any(b'"' not in text for text in texts[:-1]):
            raise _Unlike
        return Shape(texts, tuple(self.targets))

    def _next(self) -> bytes:
        start, end = self.tokens[self.at]
        self.at += 1
        return self.record[start:end]

    def _object(self, node: Node | None) -> None:
        """Read an object up to its closing brace. Without a node, its fields have no columns."""
        self._next()
        while (name := self._next()) != b"}":
            if name == b",":
                name = self._next()
            self._next()
            target = node.find(self.reader.scan(name.decode())[0]) if node else None
            if target is None and self.reader.extra is not ExtraColumns.IGNORE:
                raise _Unlike
            self._value(target)

    def _value(self, target: int | Node | None) -> None:
        start, end = self.tokens[self.at]
        token = self.record[start:end]
        if token == b"[" or (token == b"{" and isinstance(target, int)):
            raise _Unlike
        if token == b"{":
            self._object(target if isinstance(target, Node) else None)
            return
        self.at += 1
        self.edges += [start, end]
        self.targets.append(NO_COLUMN if target is None else target if isinstance(target, int) else ONLY_NULL)
