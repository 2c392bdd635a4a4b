"""Rewrite whole columns at once, where that is certain to be what `Rewriter.read` returns.

A value of which this is not certain is left to `read`, unchanged. Certain are NULL words, and numbers with a decimal
sign and groups of digits; texts and other values if nothing stands around them.
"""

from __future__ import annotations

import numpy as np

from chalicelib.domain.checks.numbers import fraction, unsigned
from chalicelib.domain.checks.times import time, timestamp
from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.notation import Notation, TooLong, Trim
from chalicelib.domain.notation.numbers import FLOATS, separators
from chalicelib.domain.notation.rewriter import NUMBERS, TIMES, Rewriter
from chalicelib.domain.raw.splice import Splice
from chalicelib.domain.raw.swar import LOW, Fields, Ints, Mask, all_digits, equal, longest

LONGEST_NUMBER = 48
"""Most bytes of a number that is taken apart vectorised."""
POINT, ZERO, EQUALS, BLANK, DELETE = (ord(c) for c in ".0= \x7f")
SHORTEST_EXCESS = len("235959.1234560")
MOST_WORDS = 16
"""Most words that are compared with the whole column."""


def rewrite(rewriter: Rewriter, values: Fields, marks: Ints, splice: Splice) -> Mask:
    """Rewrite the values that are certain. Return which they are; those that stay unchanged are among them."""
    notation, kind = rewriter.column.notation, rewriter.column.type
    if len(notation.null) > MOST_WORDS:
        return np.zeros(len(values.start), np.bool_)
    plain = _bare(values, notation)
    for word in notation.null:
        plain &= ~equal(values, word.encode())
    empty = values.length == 0
    rows = np.flatnonzero(plain & ~empty)
    if kind.kind in NUMBERS:
        done = _numbers(kind, notation, values.pick(rows), marks[rows], splice)
    elif kind.kind in TIMES:
        done = _moments(kind, values.pick(rows))
    elif notation.true or notation.false:
        done = np.zeros(len(rows), np.bool_)
    elif kind.is_text and notation.too_long is TooLong.CUT:
        done = values.length[rows] <= kind.length
    else:
        done = np.ones(len(rows), np.bool_)
    certain: Mask = empty & ("" not in notation.null)
    certain[rows] = done
    return certain


def _bare(values: Fields, notation: Notation) -> Mask:
    """Return which values certainly have nothing around them that is left out."""
    first, last = values.at(0), values.at(values.length - 1)
    plain = np.ones(len(first), np.bool_)
    if notation.spreadsheet_text:
        plain &= first != EQUALS
    if notation.trim is not Trim.NONE:
        plain &= (first > BLANK) & (first < DELETE) & (last > BLANK) & (last < DELETE)
    return plain


def _moments(kind: ColumnType, values: Fields) -> Mask:
    """Return which values have no digits in excess: too few characters for that, or a moment in ISO 8601."""
    of_day = time if kind.kind in (TypeName.TIME, TypeName.TIMETZ) else timestamp
    zoned = kind.kind in (TypeName.TIMETZ, TypeName.TIMESTAMPTZ)
    return (values.length < SHORTEST_EXCESS) | of_day(kind, zoned=zoned).prove(values)


# ---- numbers --------------------------------------------------------------------------------------------------------


def _numbers(kind: ColumnType, notation: Notation, values: Fields, marks: Ints, splice: Splice) -> Mask:
    """Rewrite numbers without affixes, exponents and excess."""
    digits, _ = unsigned(values)
    after = fraction(digits, 18 if kind.kind in FLOATS else kind.scale, ord(notation.decimal))
    before = digits.length - after - (after > 0)
    done = (before + after > 0) & (digits.length <= LONGEST_NUMBER)
    done &= all_digits(digits.part(digits.stop - after, after), LONGEST_NUMBER)
    front = digits.part(digits.start, np.where(done, before, 0))
    whole = all_digits(front, LONGEST_NUMBER)
    for sign in separators(notation):
        rows = np.flatnonzero(done & ~whole)
        whole[rows] = _ungrouped(front.pick(rows), marks[rows], sign, splice)
    done &= whole
    if notation.decimal != ".":
        rows = np.flatnonzero(done & (after > 0))
        splice.put(digits.stop[rows] - after[rows] - 1, POINT)
    return done


def _ungrouped(front: Fields, marks: Ints, sign: bytes, splice: Splice) -> Mask:
    """Leave out the signs between groups of three digits. Return which numbers have good groups."""
    width = len(sign)
    groups, head = np.divmod(front.length, 3 + width)
    good: Mask = (groups > 0) & (head > 0) & (head < 4) & (front.at(0) != ZERO)
    good &= all_digits(front.part(front.start, np.where(good, head, 0)), 3)
    wanted, places = np.uint64(int.from_bytes(sign, "little")), []
    for group in range(longest(front) // (3 + width)):
        at = np.where(groups > group, front.start + head + group * (3 + width), 0)
        same = (front.words[at] & LOW[width]) == wanted
        same &= all_digits(front.part(at + width, np.where(groups > group, 3, 0)), 3)
        good &= same | (groups <= group)
        places.append(at)
    for group, at in enumerate(places):
        rows = np.flatnonzero(good & (groups > group))
        splice.drop(at[rows], width, marks[rows])
    return good
