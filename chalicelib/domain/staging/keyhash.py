"""Keys as 64-bit hashes, to count the rows of one file that share a key.

`landfall check` uses the hashes for its report; the warehouse makes the decision.

Values that are equal in Redshift have equal hashes where this is cheap: numbers by value, text without trailing spaces.
Two different keys have the same hash in one of about 1.8e19 pairs. For 10 million rows the probability of one false
match is 3e-6.
"""

from __future__ import annotations

import numpy as np

from chalicelib.domain.checks.rules import GREATEST, scaled
from chalicelib.domain.contract.column import EXACT, ColumnType
from chalicelib.domain.raw.swar import Fields, Ints, Words, hashes, mix, table_of, without_end
from chalicelib.domain.staging.table import Table

SPACE = table_of(b" ")


def key_hashes(table: Table, rows: Ints) -> Words:
    """Hash the key of each row; the rows have no faults."""
    result = np.zeros(len(rows), np.uint64)
    for index, kind in table.rules.key:
        result = mix(result * np.uint64(0x9E3779B97F4A7C15) ^ _hash(table.values(index, rows), kind))
    return result


def _hash(values: Fields, kind: ColumnType) -> Words:
    if kind.is_text:
        return hashes(without_end(values, SPACE))  # Redshift does not compare trailing spaces
    result = hashes(values)
    if kind.kind in EXACT:
        number, known = scaled(values, kind.scale)
        known &= (number < GREATEST) & (number > -GREATEST)
        result = np.where(known, mix(number.astype(np.uint64)), result)
    return result
