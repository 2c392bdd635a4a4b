"""Duplicates are counted exactly, also when the hashes do not fit into what may be held."""

from __future__ import annotations

import numpy as np
import pytest

from landfall.check.duplicates import Duplicates


@pytest.mark.parametrize("held", [10, 100, 10**6])
def test_count_does_not_depend_on_what_is_held(held: int) -> None:
    hashes = np.random.default_rng(1).integers(0, 500, 2_000).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    with Duplicates(held) as duplicates:
        for part in np.array_split(hashes, 13):
            duplicates.add(part)
        assert duplicates.count() == 2_000 - len(set(hashes.tolist()))


def test_nothing_added_nothing_counted() -> None:
    with Duplicates() as duplicates:
        assert duplicates.count() == 0
