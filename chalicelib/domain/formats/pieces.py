"""Rows of fields as text that COPY reads, made of pieces of other bytes."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.formats.csv.edits import MOST_ROW_BYTES
from chalicelib.domain.formats.csv.grammar import LF, Malformation, Malformed
from chalicelib.domain.formats.csv.records import Records
from chalicelib.domain.raw.splice import indexes
from chalicelib.domain.raw.swar import PADDING, Bytes, Ints, windows_of

DELIMITER, QUOTE = ord(","), ord('"')
WINDOW = 32
"""Bytes that are copied of each piece; most fields are shorter. The padding has more."""


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
    marks, at = _places(lengths, enclosed)
    last = np.cumsum(widths) - 1
    text = _gathered(source, begins, lengths, at, int(marks[-1]) + 1 if len(marks) else 0)
    text[marks] = DELIMITER
    if enclosed is not None:
        text[at[enclosed] - 1] = text[marks[enclosed] - 1] = QUOTE
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


def _places(lengths: Ints, enclosed: Ints | None) -> tuple[Ints, Ints]:
    """Return the index of the delimiter behind each field, and of the field within its quotes."""
    if enclosed is None:
        marks = np.cumsum(lengths + 1) - 1
        return marks, marks - lengths
    quotes = np.zeros(len(lengths), np.int64)
    quotes[enclosed] = 1
    marks = np.cumsum(lengths + 2 * quotes + 1) - 1
    return marks, marks - quotes - lengths


def _gathered(source: Bytes, begins: Ints, lengths: Ints, at: Ints, size: int) -> Bytes:
    """Return a buffer with pieces of a padded one at ascending places, each with at least a byte behind it.

    WINDOW bytes are copied of each piece, in order: the pieces behind it overwrite what is too much. The rest of longer
    pieces is copied in the end.
    """
    found = np.empty(size + WINDOW, np.uint8)
    windows_of(found, WINDOW)[at] = windows_of(source, WINDOW)[begins]
    long = np.flatnonzero(lengths > WINDOW)
    counts = lengths[long] - WINDOW
    found[indexes(at[long] + WINDOW, counts)] = source[indexes(begins[long] + WINDOW, counts)]
    return found[:size]
