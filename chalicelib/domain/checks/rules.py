"""Checks of the contract's own rules on values: a pattern, and bounds in the column's type."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import numpy as np

from chalicelib.domain.checks.automaton import compile_table
from chalicelib.domain.checks.check import Check, Fault, Judge, Prove, memoised, prove_nothing
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.matcher import LONGEST, matcher
from chalicelib.domain.checks.numbers import fraction, unsigned
from chalicelib.domain.contract.column import EXACT, ColumnType, TypeName
from chalicelib.domain.raw.swar import Fields, Ints, Mask, all_digits, hashes, longest, numbers, word

SHORT = 64
"""Length of the longest value that is compared or matched vectorised."""
EXACT_DIGITS = 18
"""Digits that always fit a 64-bit integer."""
ROOMY = Context(prec=100)
GREATEST = 10**EXACT_DIGITS
MOMENT = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
"""Where the digits of yyyy-mm-dd hh:mm:ss are: (offset, length)."""

Sortable = Callable[[bytes], Any]


# ---- pattern --------------------------------------------------------------------------------------------------------


def pattern(expression: str, quote: str) -> Check:
    """Return the check that the whole value matches a regular expression.

    It takes linear time. A table does the work if the expression can become one.
    """
    automaton, doubled = matcher(expression), quote.encode() * 2

    def judge(value: bytes) -> Fault | None:
        if len(value) > LONGEST:
            return Fault(code=RowCode.CONTRACT, reason=f"is longer than the {LONGEST:,} bytes that a pattern can check")
        if automaton.matches(value.decode()):
            return None
        return Fault(code=RowCode.CONTRACT, reason="does not match the contract's pattern")

    kept, table = memoised(judge), compile_table(expression, quote)
    if table:
        return Check(prove=lambda fields: table.prove(fields, SHORT, longer=not automaton.quick), judge=kept)
    return Check(prove=lambda fields: _prove_distinct(fields, kept, doubled), judge=kept)


def _prove_distinct(fields: Fields, judge: Judge, doubled: bytes) -> Mask:
    """Judge one field of each hash; equal fields, compared word by word, share the verdict.

    A field with a doubled quote has other bytes than its value: the judge decides.
    """
    proven = np.zeros(len(fields.start), np.bool_)
    rows = np.flatnonzero(fields.length <= SHORT)
    if not len(rows):
        return proven
    some = fields.pick(rows)
    _, first, group = np.unique(hashes(some), return_index=True, return_inverse=True)
    chosen = some.pick(first)
    good = np.array([doubled not in raw and judge(raw) is None for raw in chosen.raw()], np.bool_)
    twins = chosen.pick(group)
    same = good[group] & (twins.length == some.length)
    for index in range((longest(some) + 7) // 8):
        same &= word(some, index)[0] == word(twins, index)[0]
    proven[rows] = same
    return proven


# ---- bounds ---------------------------------------------------------------------------------------------------------


def bounds(kind: ColumnType, least: str | None, most: str | None) -> Check:
    """Return the check of values from `least` to `most`, both included."""
    sortable = _sortable(kind.kind)
    low = sortable(least.encode()) if least is not None else None
    high = sortable(most.encode()) if most is not None else None

    def judge(value: bytes) -> Fault | None:
        number = sortable(value)
        if low is not None and number < low:
            return Fault(code=RowCode.CONTRACT, reason=f"is less than the contract's min, {least}")
        if high is not None and number > high:
            return Fault(code=RowCode.CONTRACT, reason=f"is more than the contract's max, {most}")
        return None

    if kind.kind in EXACT:
        prove = _between(lambda fields: scaled(fields, kind.scale), *_scaled_bounds(low, high, kind.scale))
    elif kind.kind in (TypeName.DATE, TypeName.TIMESTAMP):
        prove = _between(_moment, *_moment_bounds(low, high))
    else:
        prove = prove_nothing
    return Check(prove=prove, judge=memoised(judge))


def _sortable(kind: TypeName) -> Sortable:
    """Return the function that makes values of the type comparable."""
    if kind in EXACT:
        return lambda value: Decimal(value.decode())
    if kind in (TypeName.REAL, TypeName.DOUBLE):
        return float
    if kind in (TypeName.DATE, TypeName.TIMESTAMP):
        return _full_moment
    if kind is TypeName.TIMESTAMPTZ:
        return _instant
    return _full_clock if kind is TypeName.TIME else bytes


def _full_moment(value: bytes) -> bytes:
    """Return a date or timestamp as text that sorts: with all parts and six digits of a second."""
    day, clock, part = value[:10], value[11:19] or b"00:00:00", value[20:]
    return day + b" " + clock + b"." + part.ljust(6, b"0")


def _full_clock(value: bytes) -> bytes:
    return value[:8] + b"." + value[9:].ljust(6, b"0")


def _instant(value: bytes) -> datetime:
    found = datetime.fromisoformat(value.decode())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _between(measure: Callable[[Fields], tuple[Ints, Mask]], low: int, high: int) -> Prove:
    """Prove fields whose measure is known and lies between the bounds."""

    def prove(fields: Fields) -> Mask:
        number, known = measure(fields)
        return known & (number >= low) & (number <= high)

    return prove


def scaled(fields: Fields, scale: int) -> tuple[Ints, Mask]:
    """Return the values of good whole numbers and decimals times 10^scale, and which of them are exact."""
    digits, negative = unsigned(fields)
    after = fraction(digits, scale)
    before = digits.length - after - (after > 0)
    front = digits.part(digits.start, np.clip(before, 0, max(EXACT_DIGITS - scale, 0)))
    back = digits.part(digits.stop - after, after)
    known = (before + scale <= EXACT_DIGITS) & all_digits(front, EXACT_DIGITS) & all_digits(back, EXACT_DIGITS)
    if scale > EXACT_DIGITS:
        return after, known
    powers = np.array([10**k for k in range(EXACT_DIGITS + 1)], np.int64)
    number = numbers(front).astype(np.int64) * powers[scale] + numbers(back).astype(np.int64) * powers[scale - after]
    return np.where(negative, -number, number), known


def _scaled_bounds(low: Decimal | None, high: Decimal | None, scale: int) -> tuple[int, int]:
    lowest = -GREATEST if low is None else int((low.scaleb(scale, ROOMY)).to_integral_value(ROUND_CEILING))
    highest = GREATEST if high is None else int((high.scaleb(scale, ROOMY)).to_integral_value(ROUND_FLOOR))
    return max(lowest, -GREATEST), min(highest, GREATEST)


def _moment(fields: Fields) -> tuple[Ints, Mask]:
    """Return good dates and timestamps as the number yyyymmddhhmmss, without fractions of a second."""
    number = np.zeros(len(fields.start), np.int64)
    for offset, count in MOMENT:
        length = np.where(fields.length > offset, count, 0)
        number = number * 10**count + numbers(fields.part(fields.start + offset, length)).astype(np.int64)
    return number, np.ones(len(number), np.bool_)


def _moment_bounds(low: bytes | None, high: bytes | None) -> tuple[int, int]:
    """Return bounds one second narrower, where dropped fractions cannot matter; the judge takes values between."""
    lowest = int(re.sub(rb"[^0-9]", b"", low[:19])) + (not low.endswith(b".000000")) if low else 0
    highest = int(re.sub(rb"[^0-9]", b"", high[:19])) - (not high.endswith(b".999999")) if high else GREATEST
    return lowest, highest
