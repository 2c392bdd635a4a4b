"""A source may end before its file does, and never shows what lies behind that end."""

from __future__ import annotations

import pytest

from chalicelib.domain.raw.bytesource import InMemory, until

DATA = b"0123456789"


@pytest.mark.parametrize(("start", "length", "found"), [(0, 4, b"0123"), (8, 4, b"89"), (10, 1, b""), (3, 0, b"")])
def test_a_read_is_shorter_only_at_the_end(start: int, length: int, found: bytes) -> None:
    assert InMemory(DATA).read(start, length) == found


@pytest.mark.parametrize(("start", "length", "found"), [(0, 6, b"012345"), (4, 9, b"45"), (6, 1, b"")])
def test_nothing_behind_the_end_is_read(start: int, length: int, found: bytes) -> None:
    beginning = until(InMemory(DATA), 6)
    assert beginning.size == 6
    assert beginning.read(start, length) == found


@pytest.mark.parametrize("end", [10, 11])
def test_a_source_that_ends_there_anyway_is_itself(end: int) -> None:
    whole = InMemory(DATA)
    assert until(whole, end) is whole
