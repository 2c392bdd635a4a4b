"""Rows come back by hash and in their order, also when more were added than may be held."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from landfall.sorted_rows import SortedRows, among_first


@pytest.mark.parametrize("held", [10, 100, 10**6])
@pytest.mark.parametrize("most", [1, 500])
def test_slices_do_not_depend_on_what_is_held(held: int, most: int) -> None:
    hashes = np.random.default_rng(2).integers(0, most, 2_000).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    with closing(SortedRows(lines=2, alike=2_000, held=held)) as rows:
        for part in np.array_split(np.arange(2_000, dtype=np.uint64), 13):
            rows.add(hashes[part], part)
        found = [pair for some in rows.slices() for pair in some.T.tolist()]
    assert found == sorted([int(value), number] for number, value in enumerate(hashes))


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_among_first_counts_each_value(most: int) -> None:
    values = [1, 1, 1, 2, 3, 3, 7, 7, 7, 7]
    expected = [values[:place].count(value) < most for place, value in enumerate(values)]
    assert among_first(np.array(values, np.uint64), most).tolist() == expected
    assert among_first(np.array([], np.uint64), most).tolist() == []
