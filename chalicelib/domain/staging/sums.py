"""The exact sums of columns over all rows of a block, to be compared with what its trailer announces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from chalicelib.domain.checks.rules import scaled
from chalicelib.domain.contract.sums import EXACT, Sums
from chalicelib.domain.raw.swar import Ints, Mask
from chalicelib.domain.staging.table import Table

NUMBER = re.compile(rb"[-+]?[0-9]{1,200}(?:\.[0-9]{0,100})?|[-+]?\.[0-9]{1,100}")
LOW_BITS = 32
"""A sum of 64-bit numbers may not fit 64 bits, but the sums of their halves do."""


def sums_of(table: Table, good: Mask, bad: Sequence[int]) -> Sums:
    """Return the sums over good and bad rows. The values of good rows are certainly numbers. NULL adds nothing."""
    rows, columns = np.array(bad, np.int64), table.rules.columns
    whole = table.sound()[rows] & (table.widths[rows] == len(columns))
    if not whole.all():
        return dict.fromkeys((columns[index].name for index, _ in table.rules.summed), "")
    certain = np.flatnonzero(good)
    return {columns[index].name: _sum(table, index, scale, certain, rows) for index, scale in table.rules.summed}


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
