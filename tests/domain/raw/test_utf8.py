"""Broken UTF-8 is found wherever it stands, also where a piece that is decoded at once ends."""

from __future__ import annotations

import numpy as np
import pytest

from chalicelib.domain.raw.swar import PADDING
from chalicelib.domain.raw.utf8 import PIECE_BYTES, broken

CHARACTERS = ["é", "日", "🙂"]
FAULTS = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe6\x97", b"\xf0\x9f\x99", b"\x80"]


def offsets(data: bytes) -> list[int]:
    return broken(memoryview(data), np.frombuffer(data + PADDING, np.uint8)).tolist()


@pytest.mark.parametrize("before", [1, 2, 3, 4, 0])
@pytest.mark.parametrize("character", CHARACTERS)
def test_a_character_may_stand_across_two_pieces(character: str, before: int) -> None:
    assert offsets(b"x" * (PIECE_BYTES - before) + character.encode() + b"\n" * PIECE_BYTES) == []


@pytest.mark.parametrize("before", [1, 2, 3, 4, 0])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_across_two_pieces_is_found_where_it_starts(fault: bytes, before: int) -> None:
    start = PIECE_BYTES - before
    assert offsets(b"x" * start + fault + b"y\n" + b"z" * PIECE_BYTES)[0] == start


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_character_that_the_data_ends_in_is_broken(cut: int) -> None:
    assert offsets(b"x" * PIECE_BYTES + "🙂".encode()[:cut]) == [PIECE_BYTES]
