"""The result of staging consecutive records: the rows to stage, the rejects, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.contract.sums import Sums, added
from chalicelib.domain.contract.tally import LeftOut, Tally, total
from chalicelib.domain.formats.csv.grammar import Grammar, Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Reading
from chalicelib.domain.raw.swar import Ints, Mask, Words
from chalicelib.domain.run.rejects import Reject, kept, unclosed
from chalicelib.domain.staging.keyhash import key_hashes
from chalicelib.domain.staging.repeated_header import repeated
from chalicelib.domain.staging.rewriting import rewritten
from chalicelib.domain.staging.row_prefix import prefixed, rejected_from
from chalicelib.domain.staging.sums import sums_of
from chalicelib.domain.staging.table import Table, faults
from chalicelib.domain.staging.validate import Rules


@dataclass(frozen=True, kw_only=True)
class Block:
    """Consecutive records of a chunk. rows_read = rows_good + rows_rejected."""

    start: int
    """Byte offset of the first record in the source."""
    end: int
    """Byte offset of the next record."""
    good: bytes | memoryview
    """The rows to stage, each with its line end."""
    rows_read: int
    rows_good: int
    lines: int
    """Physical lines in [start, end)."""
    left_out: Tally = field(default_factory=dict)
    """Records that are not rows, by kind (`LeftOut`)."""
    altered: Tally = field(default_factory=dict)
    """Values of good rows that differ from the file, by kind (`Altered`)."""
    sums: Sums = field(default_factory=dict)
    """The sums of the columns whose sum the file announces, over all rows."""
    good_sums: Sums = field(default_factory=dict)
    """The same over the good rows."""
    rejects: tuple[Reject, ...] = ()
    """In the order of the file. Line numbers count from 1 at the chunk's first line."""
    unexplained: Mapping[int, int] = field(default_factory=dict)
    """Number of bad rows without a reject, by code. The chunk has more bad rows than get a reject."""
    key_hashes: Words | None = None
    """A hash of each good row's key, if the caller requests it."""
    key_offsets: Ints | None = None
    """Byte offset of each good row in the source, if the caller requests the hashes."""
    key_stops: Ints | None = None
    """Byte offset after each good row and its line end, if the caller requests the hashes."""

    @property
    def rows_rejected(self) -> int:
        """Number of bad rows, with and without a reject."""
        return len(self.rejects) + sum(self.unexplained.values())


@dataclass(frozen=True, kw_only=True)
class Position:
    """The position of a block's first byte."""

    offset: int
    """Byte offset in the source."""
    line: int
    """The physical line, counted from 1 at the chunk's start."""


def make_block(
    table: Table, bad: Mapping[int, RowFault | Malformed], position: Position, *, hash_keys: bool, explained: int
) -> Block:
    """Make the block of judged rows, with the faults of the bad ones; their reading's indices count from `position`.

    The first `explained` bad rows get a reject.
    """
    reading = table.reading
    start, stop = int(table.begins[0]), int(table.finishes[-1])
    end = min(stop, reading.consumed)  # a last record without a line feed stops in the padding
    good = ~table.blank
    good[list(bad)] = False
    kept = np.flatnonzero(good)
    bad_rows = sorted(bad)
    read = table.before or table
    good_sums = sums_of(read, good, []) if read.rules.summed else {}
    return Block(
        start=position.offset + start,
        end=position.offset + end,
        good=_staged(table, good, kept, position.offset),
        rows_read=len(kept) + len(bad),
        rows_good=len(kept),
        lines=_line_ends(reading, start, end, stop),
        left_out=_left_out(table, len(good) - len(kept) - len(bad)),
        altered=total([{kind: _count(table, good, at) for kind, at in table.reading.altered.items()}]),
        sums=added([good_sums, sums_of(read, _dropped(table), bad_rows)]) if read.rules.summed else {},
        good_sums=good_sums,
        rejects=_rejects(table, {row: bad[row] for row in bad_rows[:explained]}, reading, position),
        unexplained=Counter(_code(bad[row]) for row in bad_rows[explained:]),
        key_hashes=key_hashes(table, kept) if hash_keys else None,
        key_offsets=table.begins[kept] + position.offset if hash_keys else None,
        key_stops=np.minimum(table.finishes[kept], end) + position.offset if hash_keys else None,
    )


def judge(reading: Reading, rules: Rules, rows: slice) -> tuple[Table, dict[int, RowFault | Malformed]]:
    """Return some rows of a reading as they are staged, and the faults of the bad ones.

    Most columns are rewritten only if a value turns out to need it; then all is judged again. The table's reading has
    those columns rewritten in all rows. Rows that repeat the header are left out there, or are bad.
    """
    excess, table = set[int](), Table.of(reading, rules, rows)
    found = faults(table, excess)
    if excess:
        table = Table.of(rewritten(reading, rules, sorted(excess)), rules, rows)
        found = faults(table, set())
    bad: dict[int, RowFault | Malformed] = {**found, **table.malformed}
    headers = repeated(table, found)
    if not (headers and rules.skips_headers):
        return table, {**bad, **headers}
    left_out = {**table.reading.left_out, **{table.first + row: LeftOut.REPEATED_HEADERS for row in headers}}
    table = replace(table, reading=replace(table.reading, left_out=left_out))
    return table, {row: fault for row, fault in bad.items() if row not in headers}


def _staged(table: Table, good: Mask, rows: Ints, offset: int) -> bytes | memoryview:
    """Join the good rows. With lineage, the load's mark and the row's offset precede each row."""
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
    offsets = rejected_from(rules.origins, offsets) if rules.origins else offsets
    return prefixed(text, lengths, offsets, rules.grammar.delimiter, rules.mark).data


def _left_out(table: Table, count: int) -> Tally:
    """Return the kinds of `count` records that are not rows: those without another kind are blank lines.

    Bad rows that hide where the next record begins are counted as well.
    """
    undivided: Tally = {LeftOut.UNDIVIDED: sum(1 for _ in table.undivided())}
    if not count:
        return total([undivided])
    named = Counter[str](table.left_out().values())
    return total([named, undivided, {LeftOut.BLANK_LINES: count - named.total()}])


def _dropped(table: Table) -> Mask:
    """Return which rows of the file a transform dropped."""
    dropped = np.zeros(len(table.widths), np.bool_)
    dropped[[row for row, kind in table.left_out().items() if kind is LeftOut.DROPPED]] = True
    return dropped


def _count(table: Table, good: Mask, rows: Ints) -> int:
    """Count those of the reading's rows that are good rows of the table."""
    first, stop = rows.searchsorted([table.first, table.first + len(good)])
    return int(np.count_nonzero(good[rows[first:stop] - table.first]))


def _line_ends(reading: Reading, start: int, end: int, stop: int) -> int:
    """Count the physical lines; the file's last line may have no line end."""
    count = int(np.diff(reading.line_feeds.searchsorted([start, end]))[0])
    if not reading.one_a_line:
        return count
    if reading.origin:
        return count + (start < end and (not count or int(reading.line_feeds[-1]) + 1 < end))
    return count + (stop > end)


def _code(fault: RowFault | Malformed) -> int:
    return RowCode.LINE if isinstance(fault, Malformed) else fault.code


def _rejects(
    table: Table, bad: Mapping[int, RowFault | Malformed], reading: Reading, position: Position
) -> tuple[Reject, ...]:
    """Make a reject of each bad row, in the given order."""
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
        shown = (table.before or table).shown(row)
        rejects.append(reject(line, offset, shown, _placed(why, reading, row + table.first), quote_line))
    return tuple(rejects)


def _placed(fault: RowFault, reading: Reading, row: int) -> RowFault:
    """Return a fault with the name of its cell, if the rows are those of a sheet."""
    origin = reading.origin
    if not reading.place or not origin:
        return fault
    name = reading.place(origin.data[int(origin.starts[row]) : int(origin.ends[row])], fault.column)
    return replace(fault, reason=f"{fault.reason} ({name})") if name else fault


def reject(line: int, byte_offset: int, record: bytes, fault: RowFault, quote_line: int = 0) -> Reject:
    """Make a reject, which keeps only the first bytes of the record."""
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
    """Return the reason for a malformed line, and the line of its opening quote if that quote is the fault (else 0)."""
    if fault.why is Malformation.UNCLOSED:
        return unclosed(quote_line), quote_line
    if fault.why is Malformation.TOO_LONG:
        return f"the record is longer than limits.max_record_bytes ({grammar.longest})", 0
    return fault.why.value, 0
