"""Rewrite the numbers of a column at once, if their signs have the usual order.

From the outside in: parentheses, or one minus at one of the ends; then a currency or percent sign at one end, with a
blank or without; then digits, perhaps in groups, and the decimal sign. `Rewriter.read` takes any other order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chalicelib.domain.checks.numbers import MINUS, POINT, fraction, unsigned
from chalicelib.domain.contract.column import FLOATS, ColumnType
from chalicelib.domain.contract.notation import Excess, Negative, Notation, Percent
from chalicelib.domain.notation.numbers import NUMBER_BLANKS, separators
from chalicelib.domain.raw.splice import Splice, indexes
from chalicelib.domain.raw.swar import (
    LOW,
    PADDING,
    Fields,
    Ints,
    Mask,
    all_digits,
    fields_of,
    longest,
    numbers,
    word_of,
)

LONGEST_NUMBER = 48
"""Most bytes of a number that is taken apart vectorised."""
FLOAT_DIGITS = 18
"""Most digits behind the point of a real or double precision that is."""
MOST_EXCESS = 18
"""Most digits in excess of a number that is."""
LONGEST_MARK = 8
"""Most bytes of a currency sign that is compared."""
ZERO, FIVE, NINE, OPENING, CLOSING = (ord(c) for c in "059()")


def rewrite_numbers(
    kind: ColumnType, notation: Notation, values: Fields, inner: Fields, marks: Ints, splice: Splice
) -> tuple[Mask, Mask]:
    """Rewrite the numbers that are certain; `inner` is without the blanks around them.

    Return which they are, and which of them lost digits that are not zero.
    """
    if notation.implied_decimals:
        done = _with_point(kind, notation, values, inner, marks, splice)
        return done, np.zeros(len(done), np.bool_)
    number, point, floating = _Number.of(inner, notation), ord(notation.decimal), kind.kind in FLOATS
    altered = up = np.zeros(len(inner.start), np.bool_)
    if not floating and notation.excess is not Excess.REJECT:
        core, altered, up = _fitted(number.core, kind.scale, point, notation.excess)
        number = replace(number, core=core)
    core = number.core
    after = fraction(core, FLOAT_DIGITS if floating else kind.scale, point)
    before = core.length - after - (after > 0)
    done = number.known & (before + after > 0) & (core.length <= LONGEST_NUMBER)
    done &= all_digits(core.part(core.stop - after, after), LONGEST_NUMBER)
    rising = np.flatnonzero(done & up)
    last = _last_below_nine(core.pick(rising))
    done[rising] = (before[rising] > 0) & (last >= core.start[rising])
    front = core.part(core.start, np.where(done, before, 0))
    whole = all_digits(front, LONGEST_NUMBER)
    for sign in separators(notation):
        rows = np.flatnonzero(done & ~whole & ~number.behind)
        whole[rows] = _ungrouped(front.pick(rows), marks[rows], sign, splice)
    done &= whole
    _increase(core.pick(rising[done[rising]]), last[done[rising]], splice)
    if notation.decimal != ".":
        rows = np.flatnonzero(done & (after > 0))
        splice.put(core.stop[rows] - after[rows] - 1, POINT)
    number.signed(values, marks, np.flatnonzero(done), splice)
    return done, altered & done


def _with_point(
    kind: ColumnType, notation: Notation, values: Fields, inner: Fields, marks: Ints, splice: Splice
) -> Mask:
    """Put the point into numbers of digits, perhaps with a sign in front, that files write without one."""
    behind, none = notation.implied_decimals, np.zeros(len(inner.start), np.bool_)
    if notation != Notation(implied_decimals=behind, excess=notation.excess, null=notation.null, trim=notation.trim):
        return none
    if behind > kind.scale and kind.kind not in FLOATS:
        return none
    digits, _ = unsigned(inner)
    done: Mask = (inner.length == values.length) & (digits.length > behind) & (digits.length <= LONGEST_NUMBER)
    done &= all_digits(digits, LONGEST_NUMBER)
    rows = np.flatnonzero(done)
    some, at = digits.pick(rows), np.arange(len(rows)) * (behind + 1)
    text = np.full((len(rows), behind + 1), POINT, np.uint8)
    for place in range(behind):
        text[:, place + 1] = some.data[some.stop - behind + place]
    written = fields_of(text.tobytes() + PADDING).part(at, np.full(len(rows), behind + 1))
    splice.replace(some.part(some.stop - behind, np.full(len(rows), behind)), marks[rows], written)
    return done


def _fitted(core: Fields, scale: int, point: int, excess: Excess) -> tuple[Fields, Mask, Mask]:
    """Return the numbers without the digits behind the last that the column keeps, if these may be left out.

    Return also which numbers lose digits other than zeros, and in which the last digit kept is to be increased.
    """
    altered, up = np.zeros((2, len(core.start)), np.bool_)
    more = (core.length > 0) & (core.at(core.length - 1 - scale) != point)
    if excess is Excess.ZEROS:
        more &= core.at(core.length - 1) == ZERO
    rows = np.flatnonzero(more)
    some = core.pick(rows)
    extra = np.maximum(fraction(some, scale + MOST_EXCESS, point) - scale, 0)
    behind = some.part(some.stop - extra, extra)
    digits = all_digits(behind, MOST_EXCESS)
    zeros = digits & (numbers(behind) == 0)
    extra *= zeros if excess is Excess.ZEROS else digits
    altered[rows] = (extra > 0) & ~zeros
    if excess is Excess.ROUND:
        up[rows] = altered[rows] & (behind.at(0) >= FIVE)
    length = core.length.copy()
    length[rows] -= extra + ((extra > 0) & (scale == 0))
    return core.part(core.start, length), altered, up


def _last_below_nine(core: Fields) -> Ints:
    """Return the index of each number's last digit that is not 9. A number of nines only gets one before its start."""
    at, rows = core.stop - 1, np.arange(len(core.start))
    while len(rows):
        found = core.data[at[rows]]
        rows = rows[(at[rows] >= core.start[rows]) & ((found < ZERO) | (found >= NINE))]
        at[rows] -= 1
    return at


def _increase(core: Fields, last: Ints, splice: Splice) -> None:
    """Increase the last digit of each number by one; `last` is the index of its last digit that is not 9."""
    splice.put(last, core.data[last] + 1)
    behind = indexes(last + 1, core.stop - last - 1)
    splice.put(behind[core.data[behind] == NINE], ZERO)


@dataclass(frozen=True, kw_only=True)
class _Number:
    """The digits within the values, and the signs around them."""

    core: Fields
    known: Mask
    """Whether at most one sign is there."""
    leading: Mask
    """A sign stands in front, and stays there."""
    around: Mask
    """Parentheses stand around, the opening one in front."""
    behind: Mask
    """A minus stands at the end."""
    outer: Fields
    """The values with their signs, without blanks around them."""

    @classmethod
    def of(cls, values: Fields, notation: Notation) -> _Number:
        none = np.zeros(len(values.start), np.bool_)
        around = behind = none
        core = values
        if notation.negative is Negative.PARENTHESES:
            around = (core.at(0) == OPENING) & (core.at(core.length - 1) == CLOSING) & (core.length > 2)
            core = core.part(core.start + around, core.length - 2 * around)
        if notation.negative is Negative.TRAILING:
            behind = (core.at(core.length - 1) == MINUS) & (core.length > 1)
            core = core.part(core.start, core.length - behind)
        rest, _ = unsigned(core)
        leading = rest.start > core.start
        core = _without_marks(rest, notation)
        known = ~(leading & (around | behind))
        return cls(core=core, known=known, leading=leading, around=around, behind=behind, outer=values)

    def signed(self, values: Fields, marks: Ints, rows: Ints, splice: Splice) -> None:
        """Leave out what is around the digits of these rows, and put the sign in front."""
        around, behind, leading = self.around[rows], self.behind[rows], self.leading[rows]
        values, outer, core, marks = values.pick(rows), self.outer.pick(rows), self.core.pick(rows), marks[rows]
        splice.put(outer.start[around], MINUS)
        splice.drop(values.start, outer.start - values.start, marks)
        kept = outer.start + (around | leading)
        splice.drop(kept, core.start - kept, marks)
        late = np.flatnonzero(behind)
        splice.put_before(core.pick(late), MINUS)
        splice.drop(core.stop + behind, values.stop - core.stop - behind, marks)


def _without_marks(values: Fields, notation: Notation) -> Fields:
    """Return the values without one currency sign and one percent sign, each at an end, perhaps with a blank."""
    if notation.percent is Percent.NUMBER:
        values = _without_mark(values, b"%", front=False)[0]
    free = np.ones(len(values.start), np.bool_)
    for mark in sorted((mark.encode() for mark in notation.currency), key=len, reverse=True):
        for front in (True, False) if len(mark) <= LONGEST_MARK else ():
            less, found = _without_mark(values, mark, front=front)
            found &= free
            values = values.part(np.where(found, less.start, values.start), np.where(found, less.length, values.length))
            free &= ~found
    return values


def _without_mark(values: Fields, mark: bytes, *, front: bool) -> tuple[Fields, Mask]:
    """Return the values without a mark at one end, nor the blank at the mark; and which had it."""
    values, found = _cut(values, mark, np.ones(len(values.start), np.bool_), front=front)
    blank = found
    for sign in NUMBER_BLANKS:
        values, cut = _cut(values, sign, blank, front=front)
        blank = blank & ~cut
    return values, found


def _cut(values: Fields, mark: bytes, rows: Mask, *, front: bool) -> tuple[Fields, Mask]:
    """Take a mark off one end of these rows' values. Return the values, and which had it."""
    width = len(mark)
    at = values.start if front else np.maximum(values.stop - width, 0)
    found = rows & (values.length > width)
    found &= (values.words[at] & LOW[width]) == word_of(mark)
    return values.part(values.start + width * (found & front), values.length - width * found), found


def _ungrouped(front: Fields, marks: Ints, sign: bytes, splice: Splice) -> Mask:
    """Leave out the signs between groups of three digits. Return which numbers have good groups."""
    width = len(sign)
    groups, head = np.divmod(front.length, 3 + width)
    good: Mask = (groups > 0) & (head > 0) & (head < 4) & (front.at(0) != ZERO)
    good &= all_digits(front.part(front.start, np.where(good, head, 0)), 3)
    wanted, places = word_of(sign), []
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
