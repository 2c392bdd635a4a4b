"""Finds the table in a sample of JSON: its objects are the rows, and their fields the columns.

The fields of an inner object become columns of their own if it always has about the same ones. Arrays, and objects with
changing fields, become documents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.checks.documents import too_deep
from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.formats.json.objects import Number, document
from landfall.infer.layout.sample import Sample
from landfall.infer.layout.sample_table import SampleTable
from landfall.text import plural

BETWEEN = re.compile(r"[\s,\]\[]*")
MOST_FIELDS = 20
"""Fields of an inner object beyond which they are not columns."""
MOST_FAULTS = 100
Path = tuple[str, ...]


@dataclass
class _Field:
    """What stands at one path of the objects."""

    rows: int = 0
    objects: int = 0
    others: int = 0
    """Arrays, texts, numbers and words."""
    lists: int = 0
    inner: dict[str, _Field] = field(default_factory=dict)

    @property
    def divided(self) -> bool:
        """Whether the fields inside are columns."""
        if not self.objects or self.others or not 0 < len(self.inner) <= MOST_FIELDS:
            return False
        return all(2 * one.rows >= self.objects and name and "." not in name for name, one in self.inner.items())


def find_objects(found: Sample) -> SampleTable:
    """Read the objects of a sample as a table."""
    objects, faults = _objects(found.text.decode("utf-8", "replace"), whole=found.whole)
    root = _Field()
    for one in objects:
        _learn(root, one)
    columns = list(_columns(root, ()))
    notes = list(found.notes)
    notes += [f"{plural(faults, 'line')} of the sample cannot be read as JSON"] if faults else []
    for path in _divided(root, ()):
        name = ".".join(path)
        notes.append(f'{name} is an object: instead of its fields it could be one column {{ type = "super" }}')
    return SampleTable(
        dialect=Dialect(encoding=found.encoding),
        names=tuple(".".join(path) for path, _ in columns),
        rows=[[_text(_at(one, path), whole=whole) for path, whole in columns] for one in objects],
        ascii=found.text.isascii(),
        whole=found.whole,
        notes=tuple(notes),
        format=FileFormat.JSON,
        paths=tuple(".".join(path) if len(path) > 1 else "" for path, _ in columns),
        documents=frozenset(place for place, (_, whole) in enumerate(columns) if whole),
    )


def _objects(text: str, *, whole: bool) -> tuple[list[Any], int]:
    """Return the objects of a text, and how many lines are skipped because they are not JSON."""
    decode = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=Number, parse_int=Number).raw_decode
    found, at, faults = list[Any](), BETWEEN.match(text).end(), 0  # type: ignore[union-attr]
    while at < len(text) and faults < MOST_FAULTS:
        try:
            value, end = decode(text, at)
        except (ValueError, RecursionError):
            line_end = text.find("\n", at)
            if line_end < 0 and not whole:
                break
            faults, at = faults + 1, line_end + 1 if line_end >= 0 else len(text)
        else:
            usable = isinstance(value, tuple) and not too_deep(text[at:end].encode())
            found += [value] if usable else []
            faults, at = faults + (not usable), end
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
    return found, faults


def _pairs(pairs: list[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """Return the fields of an object. Raises ValueError if a name has half of a surrogate pair: no contract has it."""
    "".join(name for name, _ in pairs).encode()
    return tuple(pairs)


def _learn(node: _Field, pairs: Sequence[tuple[str, Any]]) -> None:
    for name, value in pairs:
        one = node.inner.setdefault(name, _Field())
        one.rows += 1
        if isinstance(value, tuple):
            one.objects += 1
            _learn(one, value)
        elif value is not None:
            one.others += 1
            one.lists += isinstance(value, list)


def _columns(node: _Field, path: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the path of each column, and whether it is a document."""
    for name, one in node.inner.items():
        if one.divided:
            yield from _columns(one, (*path, name))
        else:
            yield (*path, name), bool(one.objects or one.lists)


def _divided(node: _Field, path: Path) -> Iterator[Path]:
    """Yield the objects whose fields are columns."""
    for name, one in node.inner.items():
        if one.divided:
            yield (*path, name)
            yield from _divided(one, (*path, name))


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = next((inner for own, inner in value if own == name), None) if isinstance(value, tuple) else None
    return value


def _text(value: Any, *, whole: bool) -> bytes:
    """Return a value as text; NULL is empty."""
    if value is None:
        return b""
    if whole or isinstance(value, bool):
        return document(value).encode("utf-8", "replace")
    return str(value).encode("utf-8", "replace")
