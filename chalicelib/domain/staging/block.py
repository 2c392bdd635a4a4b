"""What came of some consecutive records: the rows to stage, the rejects, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.formats.csv.grammar import Grammar, Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Reading
from chalicelib.domain.raw.swar import Ints, Mask, Words
from chalicelib.domain.run.lineage import prefixed
from chalicelib.domain.run.rejects import Reject, kept, unclosed
from chalicelib.domain.staging.keyhash import key_hashes
from chalicelib.domain.staging.table import Table, faults


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some consecutive records. rows_read = rows_good + rows_rejected."""

    start: int
    """Byte offset of the first record in the source."""
    end: int
    """Where the next record starts."""
    good: bytes | memoryview
    """The rows to stage, each with its line end."""
    rows_read: int
    rows_good: int
    blank: int
    """Blank lines, which are no rows."""
    comments: int
    """Comment lines, which are no rows either."""
    lines: int
    """Physical lines in [start, end)."""
    rejects: tuple[Reject, ...] = ()
    """In order, their lines counted from the chunk's first line, which is 1."""
    unexplained: Mapping[int, int] = field(default_factory=dict)
    """How many bad rows of each code come after them that have no reject: the chunk has too many."""
    key_hashes: Words | None = None
    """If asked for: a hash of each good row's key."""
    key_offsets: Ints | None = None
    """With the hashes: where each of these rows starts in the source."""

    @property
    def rows_rejected(self) -> int:
        """Bad rows, with a reject and without."""
        return len(self.rejects) + sum(self.unexplained.values())


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a block's first byte is."""

    offset: int
    """In the source."""
    line: int
    """The physical line it is on, from 1 at the chunk's start."""


def make_block(table: Table, reading: Reading, position: Position, *, hash_keys: bool, explained: int) -> Block:
    """Judge the rows of a table; `place` is that of the byte that the reading's indices count from.

    The first `explained` bad rows get a reject.
    """
    start, stop = int(table.begins[0]), int(table.finishes[-1])
    end = min(stop, reading.consumed)  # not so for a last record without a line feed: its stop is the padding's
    bad: dict[int, RowFault | Malformed] = {**faults(table), **table.malformed}
    good = ~table.blank
    good[list(bad)] = False
    rows = np.flatnonzero(good)
    comments = table.comments
    bad_rows = sorted(bad)
    return Block(
        start=position.offset + start,
        end=position.offset + end,
        good=_staged(table, good, rows, position.offset),
        rows_read=len(rows) + len(bad),
        rows_good=len(rows),
        blank=len(good) - len(rows) - len(bad) - comments,
        comments=comments,
        lines=_line_ends(reading, start, end, stop),
        rejects=_rejects(table, {row: bad[row] for row in bad_rows[:explained]}, reading, position),
        unexplained=Counter(_code(bad[row]) for row in bad_rows[explained:]),
        key_hashes=key_hashes(table, rows) if hash_keys else None,
        key_offsets=table.begins[rows] + position.offset if hash_keys else None,
    )


def _staged(table: Table, good: Mask, rows: Ints, offset: int) -> bytes | memoryview:
    """The good rows end to end, with mark and offset before each if the rules ask for lineage."""
    if not len(rows):
        return b""
    edges = np.flatnonzero(np.diff(good, prepend=False, append=False))
    firsts, stops = table.lines.start[edges[0::2]].tolist(), table.stops[edges[1::2] - 1].tolist()
    data = memoryview(table.data)
    runs = [data[first:stop] for first, stop in zip(firsts, stops, strict=True)]
    joined = runs[0] if len(runs) == 1 else b"".join(runs)
    if not table.rules.lineage:
        return joined
    lengths = table.stops[rows] - table.lines.start[rows]
    text = np.frombuffer(joined, np.uint8)
    rules, offsets = table.rules, table.begins[rows] + offset
    offsets = rules.origins.rejected_from(offsets) if rules.origins else offsets
    return prefixed(text, lengths, offsets, rules.grammar.delimiter, rules.mark).data


def _line_ends(reading: Reading, start: int, end: int, stop: int) -> int:
    """Physical lines; the file's last one may lack its end."""
    count = int(np.diff(reading.line_feeds.searchsorted([start, end]))[0])
    if reading.origin:
        return count + (start < end and (not count or int(reading.line_feeds[-1]) + 1 < end))
    return count + (stop > end)


def _code(fault: RowFault | Malformed) -> int:
    return RowCode.LINE if isinstance(fault, Malformed) else fault.code


def _rejects(
    table: Table, bad: Mapping[int, RowFault | Malformed], reading: Reading, position: Position
) -> tuple[Reject, ...]:
    """Explain bad rows, given in order."""
    starts = table.begins[list(bad)]
    offsets, lines = (
        (starts + position.offset).tolist(),
        (reading.line_feeds.searchsorted(starts) + position.line).tolist(),
    )
    rejects = []
    for (row, fault), offset, line in zip(bad.items(), offsets, lines, strict=True):
        quote_line = 0
        if isinstance(fault, Malformed):
            quote_line = position.line + int(reading.line_feeds.searchsorted(fault.at))
            reason, quote_line = explain(fault, quote_line, table.rules.grammar)
            why = RowFault(column="", code=RowCode.LINE, reason=reason)
        else:
            why = fault
        rejects.append(reject(line, offset, table.shown(row), why, quote_line))
    return tuple(rejects)


def reject(line: int, byte_offset: int, record: bytes, fault: RowFault, quote_line: int = 0) -> Reject:
    """A reject with no more of the record than is kept."""
    record, note = kept(record)
    reason = (f"{fault.column} {fault.reason}" if fault.column else fault.reason) + note
    return Reject(
        line=line,
        byte_offset=byte_offset,
        column=fault.column,
        code=fault.code,
        reason=reason,
        record=record,
        quote_line=quote_line,
    )


def explain(fault: Malformed, quote_line: int, grammar: Grammar) -> tuple[str, int]:
    """The reason for a malformed line, and the line on which its quote opens if that is what is wrong."""
    if fault.why is Malformation.UNCLOSED:
        return unclosed(quote_line), quote_line
    if fault.why is Malformation.TOO_LONG:
        return f"the record is longer than limits.max_record_bytes ({grammar.longest})", 0
    return fault.why.value, 0
