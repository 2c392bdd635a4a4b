"""The exact sums of columns over all rows of a block, to be compared with what its trailer announces."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np

from chalicelib.domain.checks.rules import scaled
from chalicelib.domain.contract.sums import EXACT, Sums
from chalicelib.domain.raw.swar import Ints, Mask
from chalicelib.domain.staging.table import Table

NUMBER = re.compile(rb"[-+]?[0-9]{1,200}(?:\.[0-9]{0,100})?|[-+]?\.[0-9]{1,100}")
LOW_BITS = 32
"""A sum of 64-bit numbers may not fit 64 bits, but the sums of their halves do."""


def sums_of(table: Table, good: Mask, rows: Mask) -> Sums:
    """Return the sums over `rows`, of which `good` are certainly numbers. NULL adds nothing."""
    whole = rows & table.sound() & (table.widths == len(table.rules.columns))
    if whole.sum() < rows.sum():
        return dict.fromkeys((table.rules.columns[index].name for index, _ in table.rules.summed), "")
    return {
        table.rules.columns[index].name: _sum(table, index, scale, np.flatnonzero(good), np.flatnonzero(whole & ~good))
        for index, scale in table.rules.summed
    }


def _sum(table: Table, index: int, scale: int, good: Ints, bad: Ints) -> str:
    values = table.values(index, good)
    numbers, known = scaled(values, scale)
    known |= values.length == 0
    numbers = np.where(values.length > 0, numbers, 0)[known]
    whole = (int((numbers >> LOW_BITS).sum()) << LOW_BITS) + int((numbers & ((1 << LOW_BITS) - 1)).sum())
    result = Decimal(whole).scaleb(-scale, EXACT)
    for raw in [*values.pick(np.flatnonzero(~known)).raw(), *table.values(index, bad).raw()]:
        if raw and not NUMBER.fullmatch(raw):
            return ""
        result = EXACT.add(result, Decimal(raw.decode() or "0"))
    return f"{result:f}"
