"""A block's records as text that COPY reads, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.formats.csv.grammar import CR, Grammar, Malformed
from chalicelib.domain.formats.csv.records import Records, scan
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.raw.swar import Fields, Ints, fields_of


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where rewritten rows stand in the block as it was read."""

    data: bytes
    starts: Ints
    ends: Ints
    """Index after each record, before its line end."""
    stops: Ints
    """Index after each line end."""
    faults: Mapping[int, RowFault] = field(default_factory=dict)
    """Rows in which rewriting found a fault."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A block's records as text that COPY reads, and where they come from."""

    data: bytes
    """The text and its padding."""
    block: Fields
    records: Records
    starts: Ints
    """Index of each record's first byte in the block as it was read."""
    line_feeds: Ints
    """Index of every line end in that block."""
    consumed: int
    """Index of the next record's start in that block."""
    unended: Malformed | None
    """The fault of the line at `consumed`, whose end is not in the block."""
    origin: Origin | None = None
    """None if the text is the block, byte for byte."""
    left_out: Mapping[int, LeftOut] = field(default_factory=dict)
    """Rows that are left out. A blank line of the file has no entry."""
    altered: Mapping[Altered, Ints] = field(default_factory=dict)
    """By kind, the row of each altered value, in order."""
    bare: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Where texts for spreadsheets without the quotes of CSV begin in the block. They begin with NUL in `data`."""
    written: Reading | None = None
    """The reading with the values as files write them, if some are rewritten."""
    undivided: Collection[int] = ()
    """Rows behind which it is unknown where the next record begins."""
    one_a_line: bool = True
    """Each record ends with a line end, except perhaps the file's last one."""
    shown: Callable[[bytes], bytes] | None = None
    """Returns what a reject shows of a record; None if it shows all."""
    place: Callable[[bytes, str], str] | None = None
    """Names the cell of a record's column, for a reject; the whole row without a column."""
    unread: Mapping[int, Mapping[int, RowFault]] = field(default_factory=dict)
    """The faults of values that the contract's notation cannot read, by column index and row."""


def content_ends(reading: Reading) -> Ints:
    """Return the index after each record, before its line end."""
    ends, block = reading.records.ends, reading.block.data
    returned = (block[np.maximum(ends - 1, 0)] == CR) & (ends > reading.records.starts)
    found: Ints = ends - returned
    return found


def origin_of(reading: Reading) -> Origin:
    """Return where the records stand in the reading's own text."""
    records = reading.records
    stops = np.minimum(records.ends + 1, reading.consumed)
    return Origin(data=reading.data, starts=records.starts, ends=content_ends(reading), stops=stops)


def read_plain(data: bytes, size: int, grammar: Grammar, *, at_end: bool, work: Work) -> Reading:
    """Read the first `size` bytes of a padded block, which COPY reads unchanged."""
    block = fields_of(data)
    records = scan(block.data, size, at_end=at_end, grammar=grammar)
    work.spend(records.looked)
    return Reading(
        data=data,
        block=block,
        records=records,
        starts=records.starts,
        line_feeds=records.line_feeds,
        consumed=records.consumed,
        unended=records.unended,
    )
