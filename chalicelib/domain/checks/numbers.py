"""Numbers as COPY reads them: ASCII digits, an optional sign, no spaces, no thousands separators.

Stricter than COPY in one point: a decimal with more digits after the point than its column has is refused. COPY would
drop these digits silently (20.259 becomes 20.25).
"""

from __future__ import annotations

import math
import re
import struct

import numpy as np

from chalicelib.domain.checks.check import Check, Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.diagnosis import found_in_number
from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.raw.swar import Fields, Ints, Mask, all_digits, longest, numbers

PLUS, MINUS, POINT = ord("+"), ord("-"), ord(".")
BITS = {TypeName.SMALLINT: 16, TypeName.INTEGER: 32, TypeName.BIGINT: 64}
INTEGER = re.compile(rb"[+-]?[0-9]+")
DECIMAL = re.compile(rb"[+-]?(?:([0-9]+)(?:\.([0-9]+))?|\.([0-9]+))")
FLOAT = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
LONGEST_INTEGER = 19
"""Digits of the greatest bigint; values with more digits (such as leading zeros) are judged one by one."""
LONGEST_FLOAT = 32


def unsigned(fields: Fields) -> tuple[Fields, Mask]:
    """Return the fields without a leading sign, and which of them are negative."""
    first = fields.at(0)
    negative = (first == MINUS) & (fields.length > 0)
    signed = negative | ((first == PLUS) & (fields.length > 0))
    return fields.part(fields.start + signed, fields.length - signed), negative


def fraction(fields: Fields, most: int, point: int = POINT) -> Ints:
    """Return the number of characters after the point if it is from 1 to `most`, else 0."""
    digits = np.zeros(len(fields.start), np.int64)
    for count in range(1, min(most, longest(fields) - 1) + 1):
        digits[(fields.at(fields.length - 1 - count) == point) & (fields.length > count)] = count
    return digits


def integer(kind: ColumnType) -> Check:
    """Return the check of smallint, integer or bigint."""
    limit = 1 << (BITS[kind.kind] - 1)

    def prove(fields: Fields) -> Mask:
        digits, negative = unsigned(fields)
        proven = (digits.length > 0) & (digits.length <= LONGEST_INTEGER) & all_digits(digits, LONGEST_INTEGER)
        near = np.flatnonzero(proven & (digits.length >= len(str(limit))))
        if len(near):
            proven[near] = numbers(digits.pick(near)) < np.uint64(limit) + negative[near].astype(np.uint64)
        return proven

    def judge(value: bytes) -> Fault | None:
        if not INTEGER.fullmatch(value):
            return _not_a_number(value, kind, RowCode.DIGIT, "0-9 and a sign in front")
        if len(value.lstrip(b"+-0")) <= LONGEST_INTEGER and -limit <= int(value) < limit:
            return None
        return Fault(code=RowCode.INTEGER_OVERFLOW, reason=f"is outside the range of {kind.sql}")

    return Check(prove=prove, judge=judge)


def decimal(kind: ColumnType) -> Check:
    """Return the check of decimal(p,s), up to 38 digits."""
    whole = kind.precision - kind.scale

    def prove(fields: Fields) -> Mask:
        digits, _ = unsigned(fields)
        after = fraction(digits, kind.scale)
        before = digits.length - after - (after > 0)
        proven = (before <= whole) & (before + after > 0)
        proven &= all_digits(digits.part(digits.start, np.minimum(before, whole)), whole)
        return proven & all_digits(digits.part(digits.stop - after, after), kind.scale)

    def judge(value: bytes) -> Fault | None:
        parts = DECIMAL.fullmatch(value)
        if not parts:
            return _not_a_number(value, kind, RowCode.DECIMAL, "0-9, a point and a sign in front")
        if len(parts[2] or parts[3] or b"") > kind.scale:
            return Fault(code=RowCode.DECIMAL, reason=f"has more digits after the point than {kind.sql} keeps")
        if len((parts[1] or b"").lstrip(b"0")) > whole:
            return Fault(code=RowCode.OUT_OF_RANGE, reason=f"has more digits before the point than {kind.sql} has")
        return None

    return Check(prove=prove, judge=judge)


def floating(kind: ColumnType) -> Check:
    """Return the check of real or double precision, plain or with an exponent.

    NaN and infinity are refused, because tools treat them differently.
    """

    def prove(fields: Fields) -> Mask:
        digits, _ = unsigned(fields)
        short = np.minimum(digits.length, LONGEST_FLOAT)
        after = fraction(digits.part(digits.start, short), LONGEST_FLOAT - 1)
        before = short - after - (after > 0)
        proven = (digits.length <= LONGEST_FLOAT) & (before + after > 0) & (before + after <= LONGEST_FLOAT)
        proven &= all_digits(digits.part(digits.start, before), LONGEST_FLOAT)
        return proven & all_digits(digits.part(digits.start + short - after, after), LONGEST_FLOAT)

    def judge(value: bytes) -> Fault | None:
        if not FLOAT.fullmatch(value):
            wanted = "0-9, a point, an exponent and a sign in front"
            return _not_a_number(value, kind, RowCode.FLOAT, wanted)
        number = _rounded(float(value), kind.kind)
        vanished = number == 0 and re.search(rb"[1-9]", re.split(rb"[eE]", value)[0])
        if math.isinf(number) or vanished:
            return Fault(code=RowCode.OUT_OF_RANGE, reason=f"is outside the range of {kind.sql}")
        return None

    return Check(prove=prove, judge=judge)


def _not_a_number(value: bytes, kind: ColumnType, code: RowCode, wanted: str) -> Fault:
    return Fault(code=code, reason=f"is not {kind.sql}: it has {found_in_number(value)}; write only {wanted}")


def _rounded(number: float, kind: TypeName) -> float:
    """Return the number as the column stores it; infinity if it is too large."""
    if kind is not TypeName.REAL:
        return number
    try:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    except OverflowError:
        return math.inf
