"""The shape of an object: its names, its punctuation and its blanks, with a gap for each value.

Programs write the objects of a file alike, so that one object shows the shape of many.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.domain.contract.contract import ExtraColumns
from chalicelib.domain.formats.json.fields import Node
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.source.cells import FAULT

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
    levels: tuple[int, ...]
    """For each value the number of objects around it."""

    @property
    def controls(self) -> int:
        """Number of line ends and tabs in the texts."""
        return sum(len(CONTROL.findall(text)) for text in self.texts)


class _Unlike(Exception):
    """The object has a value that its column does not take, or names that are not enough to go by."""


def shape_of(record: bytes, reader: ObjectReader) -> Shape | None:
    """Return the shape of a good row's object; None if it has none."""
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
        self.levels: list[int] = []

    def shape(self) -> Shape:
        self._object(self.reader.tree, 1)
        edges = [*self.edges, len(self.record)]
        texts = tuple(self.record[edges[n] : edges[n + 1]] for n in range(0, len(edges), 2))
        if not self.targets or any(b'"' not in text for text in texts[:-1]):
            raise _Unlike
        return Shape(texts, tuple(self.targets), tuple(self.levels))

    def _next(self) -> bytes:
        start, end = self.tokens[self.at]
        self.at += 1
        return self.record[start:end]

    def _object(self, node: Node, level: int) -> None:
        """Read an object up to its closing brace."""
        self._next()
        while (name := self._next()) != b"}":
            if name == b",":
                name = self._next()
            self._next()
            text, _ = self.reader.scan(name.decode())
            if self.reader.of_sheet and level == 1 and text == FAULT:
                self._value_end()  # part of the shape: another column at fault may reject the row
                continue
            target = node.find(text)
            if target is None and self.reader.extra is not ExtraColumns.IGNORE:
                raise _Unlike
            start, end = self.tokens[self.at]
            if isinstance(target, Node) and self.record[start:end] == b"{":
                self._object(target, level + 1)
            else:
                self.edges += [start, self._value_end()]
                self.targets.append(NO_COLUMN if target is None else target if isinstance(target, int) else ONLY_NULL)
                self.levels.append(level)

    def _value_end(self) -> int:
        """Go past a value. Return the index after it."""
        depth = 0
        while True:
            start, end = self.tokens[self.at]
            self.at += 1
            depth += (self.record[start] in b"[{") - (self.record[start] in b"]}")
            if not depth:
                return end
