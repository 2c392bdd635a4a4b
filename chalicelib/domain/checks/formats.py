"""Dates and timestamps in the contract's format, checked as strictly as ISO forms: real moments only."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.checks.check import Check, Fault, memoised, prove_nothing
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.times import calendar_day, pair, real_fraction
from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.time_format import ABSENT, AUTO, TimeForm
from chalicelib.domain.raw.swar import Fields, Mask

LIMITS = (24, 60, 60)


def formatted(kind: ColumnType, form: TimeForm, iso: Check) -> Check:
    """Return the check of values in this form; `iso` is the check of the same type in ISO 8601."""
    code = RowCode.DATE if kind.kind is TypeName.DATE else RowCode.TIMESTAMP
    wanted = "in a form that auto recognises" if form.text == AUTO else f"written {form.text}"
    reason = f"is not a valid {kind.sql} {wanted}"

    def prove(fields: Fields) -> Mask:
        return _fixed(form, fields)

    def judge(value: bytes) -> Fault | None:
        return None if form.iso(value) else Fault(code=code, reason=reason)

    if form.fixed:
        return Check(prove=prove, judge=memoised(judge))
    return Check(prove=iso.prove if form.text == AUTO else prove_nothing, judge=memoised(judge))


def _fixed(form: TimeForm, fields: Fields) -> Mask:
    """Return which values have every part at its position and in its range."""
    (year, _), (month, _), (day, _), *clock = form.positions
    proven = calendar_day(fields, year, month, day)
    proven &= real_fraction(fields, form.length) if form.split else fields.length == form.length
    for offset, byte in form.marks:
        proven &= fields.at(offset) == np.uint8(byte)
    for (offset, _), limit in zip(clock, LIMITS, strict=True):
        if offset != ABSENT:
            value, digits = pair(fields, offset)
            proven &= digits & (value < limit)
    return proven
