"""Rows of fields as text that COPY reads, made of pieces of other bytes."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.formats.csv.edits import MOST_ROW_BYTES
from chalicelib.domain.formats.csv.grammar import LF, Malformation, Malformed
from chalicelib.domain.formats.csv.records import Records
from chalicelib.domain.raw.swar import PADDING, Bytes, Ints

DELIMITER, QUOTE = ord(","), ord('"')
NUMBERS = np.arange(1 << 17)
PIECES_AT_ONCE = 4096
"""So many fields and their indexes fit a core's caches."""


def as_text(
    source: Bytes,
    begins: Ints,
    lengths: Ints,
    widths: Ints,
    *,
    starts: Ints,
    line_feeds: Ints,
    enclosed: Ints | None = None,
) -> tuple[bytes, Records]:
    """Return rows as padded text: `widths` has the number of fields of each, the others where the fields stand.

    `starts` and `line_feeds` are where rows begin, and lines end, in the block that was read. The fields at `enclosed`
    are put in quotes. A row that is too long for Redshift is malformed.
    """
    if enclosed is not None and len(enclosed):
        begins[enclosed], lengths[enclosed] = begins[enclosed] - 1, lengths[enclosed] + 2
    marks, last = np.cumsum(lengths + 1) - 1, np.cumsum(widths) - 1
    text = _gathered(source, begins, lengths, marks)
    text[marks] = DELIMITER
    if enclosed is not None and len(enclosed):
        text[marks[enclosed] - lengths[enclosed]] = text[marks[enclosed] - 1] = QUOTE
    row_ends = marks[last]
    text[row_ends] = LF
    row_starts = np.append(0, row_ends[:-1] + 1)[: len(row_ends)]
    long = np.flatnonzero(row_ends - row_starts > MOST_ROW_BYTES).tolist()
    data = text.tobytes() + PADDING
    return data, Records(
        starts=row_starts,
        ends=row_ends,
        marks=marks,
        last_mark=last,
        line_feeds=line_feeds,
        consumed=len(text),
        malformed={row: Malformed(why=Malformation.TOO_LONG, at=int(starts[row])) for row in long},
        quoted=b'"' in data,
    )


def _gathered(source: Bytes, begins: Ints, lengths: Ints, marks: Ints) -> Bytes:
    """Return pieces of a buffer one after the other, each with the byte behind it."""
    found, at = np.empty(int(marks[-1]) + 1 if len(marks) else 0, np.uint8), 0
    for first in range(0, len(marks), PIECES_AT_ONCE):
        part = slice(first, first + PIECES_AT_ONCE)
        stop = int(marks[part][-1]) + 1
        index = np.repeat(begins[part] - (marks[part] - lengths[part]) + at, lengths[part] + 1)
        index += NUMBERS[: stop - at] if stop - at <= len(NUMBERS) else np.arange(stop - at)
        source.take(index, mode="clip", out=found[at:stop])  # all are within the buffer; to raise would take longer
        at = stop
    return found
