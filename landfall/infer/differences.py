"""Names the differences between the files of one proposal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace

from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.identifiers import fold
from chalicelib.visible import first_of
from landfall.faults import CommandError, ExitCode
from landfall.infer.layout.sample_table import SampleTable
from landfall.infer.toml_text import plain, value

NAMED = 5
"""The most columns that a difference names."""
FREE = ("comment", "null", "columns")
"""Settings in which the files may differ: one contract takes all of them."""


def aligned(tables: Mapping[str, SampleTable]) -> list[SampleTable]:
    """Return the tables with the columns in the order of the first one. Raises CommandError for other differences."""
    (name, first), *others = tables.items()
    faults = [fault for other, table in others for fault in _between(name, first, other, table)]
    if faults:
        message = "the files differ: write them alike, or infer a contract for each"
        raise CommandError(message, ExitCode.USAGE, faults)
    return [first, *(_reordered(table, first.names) for _, table in others)]


def _between(name: str, first: SampleTable, other: str, table: SampleTable) -> Iterator[str]:
    """Yield how a file differs from the first one."""
    yield from _in_kind(name, first, other, table)
    for field in fields(Dialect):
        mine, theirs = getattr(first.dialect, field.name), getattr(table.dialect, field.name)
        free = field.name in FREE or (field.name == "encoding" and (first.ascii or table.ascii))
        if mine != theirs and not free:
            yield f"{other} has {field.name} = {value(plain(theirs))}, {name} has {value(plain(mine))}"
    if first.dialect.header != table.dialect.header:
        return
    known, found = list(map(fold, first.names)), list(map(fold, table.names))
    if len(known) != len(found):
        yield f"{other} has {len(found)} columns, {name} has {len(known)}"
    if missing := [one for one in first.names if fold(one) not in found]:
        yield f"{other} lacks {first_of(missing, NAMED)}"
    if more := [one for one in table.names if fold(one) not in known]:
        yield f"{other} has also {first_of(more, NAMED)}"
    if known != found and (len(set(known)) < len(known) and sorted(known) == sorted(found)):
        yield f"{other} has its columns in another order, and some have the same name"


def _in_kind(name: str, first: SampleTable, other: str, table: SampleTable) -> Iterator[str]:
    """Yield how the format of a file differs, its place in a workbook, and the types that the file itself has."""
    if first.format is not table.format:
        yield f"{other} is {table.format.value}, {name} is {first.format.value}"
    if first.spans != table.spans:
        yield f"{other} has columns at other positions than {name}"
    if first.sheet != table.sheet:
        yield f"{other} has its table in another sheet, or in another row, than {name}"
    if first.names == table.names and first.types and table.types:
        for one, mine, theirs in zip(first.names, first.types, table.types, strict=True):
            if mine != theirs:
                yield f"{other} has {one} as {theirs or 'text'}, {name} as {mine or 'text'}"


def _reordered(table: SampleTable, wanted: Sequence[str]) -> SampleTable:
    places = {fold(name): place for place, name in enumerate(table.names)}
    order = [places[fold(name)] for name in wanted] if len(places) == len(wanted) else range(len(wanted))
    return replace(table, names=tuple(wanted), rows=[[row[place] for place in order] for row in table.rows])
