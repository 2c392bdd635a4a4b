"""Keys as 64-bit hashes, to count rows of one file that share a key. A help to `check`: the warehouse decides.

Values that Redshift holds to be equal hash equal where that is cheap: numbers by value, text without trailing spaces.
Two different keys hash equal once in about 1.8e19 pairs: for 10 million rows the chance of one false match is 3e-6.
"""

from __future__ import annotations

import numpy as np

from chalicelib.domain.checks.rules import GREATEST, WHOLE, scaled
from chalicelib.domain.contract.contract import ColumnType
from chalicelib.domain.raw.swar import Fields, Ints, Words, hashes, mix
from chalicelib.domain.staging.table import Table

SPACE = ord(" ")


def key_hashes(table: Table, rows: Ints) -> Words:
    """A hash of each row's key, for rows without a fault."""
    result = np.zeros(len(rows), np.uint64)
    for place, kind in table.rules.key:
        result = mix(result * np.uint64(0x9E3779B97F4A7C15) ^ _hash(table.values(place, rows), kind))
    return result


def _hash(values: Fields, kind: ColumnType) -> Words:
    if kind.is_text:
        return hashes(_stripped(values))
    result = hashes(values)
    if kind.kind in WHOLE:
        number, known = scaled(values, kind.scale)
        known &= (number < GREATEST) & (number > -GREATEST)
        result = np.where(known, mix(number.astype(np.uint64)), result)
    return result


def _stripped(values: Fields) -> Fields:
    """Without trailing spaces, which Redshift does not compare."""
    length = values.length.copy()
    rows = np.arange(len(length))
    while len(rows):
        last = values.data[np.maximum(values.start[rows] + length[rows] - 1, 0)]
        rows = rows[(last == SPACE) & (length[rows] > 0)]
        length[rows] -= 1
    return values.part(values.start, length)
