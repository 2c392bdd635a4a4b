"""Rewrite whole columns at once, where that is certain to be what `Rewriter.read` returns.

A value of which this is not certain is left to `read`, unchanged. Certain are values without anything around them or
with blanks, and numbers with the usual order of signs, rounded or cut (`fast_numbers.py`). NULL words, booleans in the
contract's words and texts that are cut are left to `read`: few of them are distinct, or few are there.
"""

from __future__ import annotations

import numpy as np

from chalicelib.domain.checks.times import time, timestamp
from chalicelib.domain.contract.column import NUMBERS, ColumnType, TypeName
from chalicelib.domain.contract.notation import Notation, TooLong, Trim
from chalicelib.domain.contract.time_format import CLOCKS, ZONED
from chalicelib.domain.notation.fast_numbers import rewrite_numbers
from chalicelib.domain.notation.fast_times import rewrite_times
from chalicelib.domain.notation.rewriter import Rewriter
from chalicelib.domain.notation.times import written_times
from chalicelib.domain.notation.words import BLANKS
from chalicelib.domain.raw.splice import Splice
from chalicelib.domain.raw.swar import Fields, Ints, Mask, equal, table_of, without_end, without_front

NUL, EQUALS, BLANK, DELETE = (ord(c) for c in "\0= \x7f")
AROUND = table_of(BLANKS)
SHORTEST_EXCESS = len("235959.1234560")
MOST_WORDS = 16
"""Most words that are compared with the whole column."""


def rewrite(rewriter: Rewriter, values: Fields, marks: Ints, splice: Splice) -> tuple[Mask, Mask]:
    """Rewrite the values that are certain. Return which they are, and which of them lost digits that are not zero.

    Certain values that stay unchanged are among them.
    """
    altered = np.zeros(len(values.start), np.bool_)
    notation, kind = rewriter.column.notation, rewriter.column.type
    if len(notation.null) > MOST_WORDS:
        return altered, altered
    inner = without_end(without_front(values, AROUND), AROUND) if notation.trim is not Trim.NONE else values
    plain = _plain(inner, notation)
    for word in notation.null:
        plain &= ~equal(inner, word.encode())
    rows = np.flatnonzero(plain & (inner.length > 0))
    if times := written_times(rewriter.column):
        rows = rows[inner.length[rows] == values.length[rows]]
        done = rewrite_times(times, values.pick(rows), marks[rows], splice)
    elif kind.kind in NUMBERS:
        done, altered[rows] = rewrite_numbers(kind, notation, values.pick(rows), inner.pick(rows), marks[rows], splice)
    else:
        done = _unchanged(kind, notation, inner.pick(rows))
        _drop_around(values.pick(rows[done]), inner.pick(rows[done]), marks[rows[done]], splice)
    certain: Mask = (values.length == 0) & ("" not in notation.null)
    certain[rows] = done
    return certain, altered


def _plain(values: Fields, notation: Notation) -> Mask:
    """Return which values certainly have nothing more around them that is left out."""
    first, last = values.at(0), values.at(values.length - 1)
    plain = np.ones(len(first), np.bool_)
    if notation.spreadsheet_text:
        plain &= (first != EQUALS) & (first != NUL)
    if notation.trim is Trim.UNICODE:
        plain &= (first > BLANK) & (first < DELETE) & (last > BLANK) & (last < DELETE)
    return plain


def _drop_around(outer: Fields, inner: Fields, marks: Ints, splice: Splice) -> None:
    """Leave out what is around the inner fields."""
    splice.drop(outer.start, inner.start - outer.start, marks)
    splice.drop(inner.stop, outer.stop - inner.stop, marks)


def _unchanged(kind: ColumnType, notation: Notation, values: Fields) -> Mask:
    """Return which values are certainly read as they are."""
    if kind.kind in CLOCKS:
        of_day = time if kind.kind in (TypeName.TIME, TypeName.TIMETZ) else timestamp
        zoned = kind.kind in ZONED
        return (values.length < SHORTEST_EXCESS) | of_day(kind, zoned=zoned).prove(values)
    if notation.true or notation.false:
        return np.zeros(len(values.start), np.bool_)
    if kind.is_text and notation.too_long is TooLong.CUT:
        short: Mask = values.length <= kind.length
        return short
    return np.ones(len(values.start), np.bool_)
