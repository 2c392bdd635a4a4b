"""The budget of work ends a file that would hold a worker, and no other."""

from __future__ import annotations

import pytest

from chalicelib.domain.formats.csv.work import FREE_LOOKS, LOOKS_A_BYTE, LOOKS_A_RECORD, Work
from chalicelib.errors import Rejected


def test_the_budget_grows_with_the_chunk_and_the_longest_record() -> None:
    assert Work.of_chunk(10, 3).allowed == FREE_LOOKS + 10 * LOOKS_A_BYTE + 3 * LOOKS_A_RECORD
    work = Work(10)
    work.spend(10)
    with pytest.raises(Rejected):
        work.spend(1)


def test_an_unbounded_count_refuses_nothing() -> None:
    work = Work()
    work.spend(1 << 60)
    assert work.looked == 1 << 60
