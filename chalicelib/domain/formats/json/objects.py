"""Read one JSON object exactly: its values as the fields of a row that COPY reads, or why it is no row.

This reader decides. It goes through Python's own `json`, in which numbers stay text, a name that comes twice is seen,
and what is not JSON (NaN, a lone surrogate) becomes a fault. `batches.py` reads many objects at once where it is
certain of what this reader returns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import IS_NULL_WORD, RowFault
from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import RESCUED, ExtraColumns
from chalicelib.domain.contract.dialect import NULL_WORD
from chalicelib.domain.formats.json.fields import Node, tree_of
from chalicelib.domain.run.rejects import NO_TEXT
from chalicelib.domain.source.cells import FAULT, OWN_FIELDS

NULL = NULL_WORD.encode()
LONGEST_NAME = 64
"""Most characters of a field's name in a reason."""
SPECIAL = re.compile(rb'[",\r\n]')
"""Bytes that stand in quotes only."""
ABSENT = object()
"""Stands for the value of a column that an object does not have."""
WORDS = {True: b"true", False: b"false"}


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class NotJson(str):
    """NaN or Infinity, which Python reads, but which JSON does not have."""

    __slots__ = ()


class _Bad(Exception):
    """The object is no row."""

    def __init__(self, code: int, reason: str, column: str = "") -> None:
        self.fault = RowFault(column=column, code=code, reason=reason)


class ObjectReader:
    """Reads the objects of files with these columns."""

    def __init__(self, columns: Sequence[Column], extra: ExtraColumns, *, of_sheet: bool = False) -> None:
        self.of_sheet = of_sheet
        self.columns, self.extra, self.tree = columns, extra, tree_of(columns)
        self.documents = [column.type.kind is TypeName.SUPER for column in columns]
        self.marked = [column.type.needs_null_word for column in columns]
        """Whether NULL is a word, by column: an empty text and null differ in every JSON file."""
        self.rescued = next((n for n, column in enumerate(columns) if column.name == RESCUED), None)
        empty = b'""' if len(columns) == 1 else b""  # alone in its row, it would be a blank line without its quotes
        self.nulls = [NULL if marked else empty for marked in self.marked]
        self._repeated: str | None = None
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=Number, parse_int=Number, parse_constant=NotJson
        )
        self._scan = decoder.raw_decode

    def _object(self, pairs: list[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
        """Return an object's members for `json`. Keep the first name that comes twice."""
        if len(pairs) > 1 and len(dict(pairs)) < len(pairs):
            seen = set[str]()
            self._repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        return tuple(pairs)

    @property
    def repeats(self) -> bool:
        """Whether an object of the last value that was read has a name twice."""
        return self._repeated is not None

    def scan(self, text: str) -> tuple[Any, int]:
        """Return the value at the start of a text, and the index after it.

        Objects are tuples of pairs, arrays are lists. Raises JSONDecodeError, and RecursionError if it is too deep.
        """
        self._repeated = None
        return self._scan(text)

    def row(self, value: Any, record: bytes) -> list[bytes] | RowFault:
        """Return the fields of a value that `scan` has read from a record in Latin-1, or its fault."""
        try:
            if not record.isascii():
                value, _ = self.scan(record.decode())
            return self._fields(value)
        except UnicodeDecodeError:
            return RowFault(column="", code=RowCode.UTF8, reason=NO_TEXT)
        except _Bad as bad:
            return bad.fault

    def values(self, record: bytes) -> list[bytes | None] | None:
        """Return the values of a record's columns; None if it is no row, or has a field without a column."""
        try:
            text = record.decode()
            value, end = self.scan(text)
            if end < len(text) or not isinstance(value, tuple):
                return None
            values, rest = self._taken(value)
            return None if rest else [self._value(n, one) for n, one in enumerate(values) if n != self.rescued]
        except (ValueError, RecursionError, _Bad):
            return None

    def _fields(self, pairs: Any) -> list[bytes]:
        """Return the field of each column. Raises _Bad."""
        if not isinstance(pairs, tuple):
            raise _Bad(RowCode.LINE, f"is {kind_of(pairs)}, not an object")
        values, rest = self._taken(pairs)
        if self.rescued is not None and rest:
            values[self.rescued] = tuple(rest)
        return [self._field(index, value) for index, value in enumerate(values)]

    def _taken(self, pairs: tuple[tuple[str, Any], ...]) -> tuple[list[Any], list[tuple[str, Any]]]:
        """Return the value of each column, and the fields that have none. Raises _Bad."""
        if self._repeated is not None:
            raise _Bad(RowCode.JSON, f"has the name {shown(self._repeated)} twice in one object")
        found, rest = [ABSENT] * len(self.columns), list[tuple[str, Any]]()
        if self.of_sheet:
            self._refuse_cells(dict(pairs).get(FAULT, ()))
            pairs = tuple(pair for pair in pairs if pair[0] not in OWN_FIELDS)
        self._take(self.tree, pairs, "", found, rest)
        if rest and self.extra is ExtraColumns.FAIL:
            reason = f"has the field {shown(rest[0][0])}, which the contract does not have"
            raise _Bad(RowCode.TOO_MANY_COLUMNS, reason)
        return found, rest if self.extra is ExtraColumns.RESCUE else []

    def _refuse_cells(self, faults: Any) -> None:
        """Raise _Bad for the first cell without a usable value that is in a column of the contract."""
        for name, reason in faults:
            target = self.tree.find(name)
            if isinstance(target, int):
                raise _Bad(RowCode.CONTRACT, reason, self.columns[target].name)

    def _take(
        self, node: Node, pairs: tuple[tuple[str, Any], ...], path: str, found: list[Any], rest: list[tuple[str, Any]]
    ) -> None:
        """Put each member into `found`, by its column, or into `rest`, by its path from the root. Raises _Bad."""
        for name, value in pairs:
            target = node.find(name)
            if isinstance(target, int):
                if found[target] is not ABSENT:
                    raise _Bad(RowCode.JSON, "is given twice in one object", self.columns[target].name)
                found[target] = value
            elif target is None:
                rest.append((path + name, value))
            elif isinstance(value, tuple):
                self._take(target, value, f"{path}{name}.", found, rest)
            elif value is not None:
                raise _Bad(RowCode.JSON, f"has {kind_of(value)} in {shown(path + name)}, where an object is expected")

    def _field(self, index: int, value: Any) -> bytes:
        """Return a value as the field of a row that COPY reads. Raises _Bad."""
        read = None if value is ABSENT else self._value(index, value)
        if read is None:
            return self.nulls[index]
        if read == NULL and self.marked[index]:
            raise _Bad(RowCode.CONTRACT, IS_NULL_WORD, self.columns[index].name)
        return quoted(read) if self._is_text(index, value) or SPECIAL.search(read) else read

    def _is_text(self, index: int, value: Any) -> bool:
        return not self.documents[index] and isinstance(value, str) and not isinstance(value, Number)

    def _value(self, index: int, value: Any) -> bytes | None:
        """Return a value as text; None for NULL. Raises _Bad."""
        if value is None or value is ABSENT:
            return None
        if isinstance(value, NotJson):
            raise _Bad(RowCode.JSON, f"has {value}, which JSON does not have", self.columns[index].name)
        try:
            if self.documents[index]:
                return document(value).encode()
            if isinstance(value, str):
                text = value.encode()
                return text or (b"" if self.columns[index].type.is_text or not self.marked[index] else None)
        except UnicodeEncodeError:
            reason = "has half of a surrogate pair, which is not text"
            raise _Bad(RowCode.UTF8, reason, self.columns[index].name) from None
        if isinstance(value, bool):
            return WORDS[value]
        reason = f"is {kind_of(value)}, which only a super column can take"
        raise _Bad(RowCode.JSON, reason, self.columns[index].name)


def quoted(value: bytes) -> bytes:
    """Return a value as a field of CSV in quotes. All texts stand in quotes, because they do so in JSON."""
    return b'"' + value.replace(b'"', b'""') + b'"'


def document(value: Any) -> str:
    """Return a value as compact JSON; numbers keep their digits."""
    parts = list[str]()
    _write(value, parts)
    return "".join(parts)


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(value if isinstance(value, Number | NotJson) else encode_basestring(value))
    elif isinstance(value, tuple):
        for number, (name, inner) in enumerate(value):
            parts.append(f"{',' if number else '{'}{encode_basestring(name)}:")
            _write(inner, parts)
        parts.append("}" if value else "{}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            parts.append("," if number else "[")
            _write(inner, parts)
        parts.append("]" if value else "[]")
    else:
        parts.append("null" if value is None else WORDS[value].decode())


def kind_of(value: Any) -> str:
    """Return what a value is, with its article."""
    if isinstance(value, tuple):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, Number):
        return "a number"
    return "a text" if isinstance(value, str) else "null" if value is None else "true or false"


def shown(name: str) -> str:
    """Return a field's name for a reason."""
    short = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "..."
    return json.dumps(short)
