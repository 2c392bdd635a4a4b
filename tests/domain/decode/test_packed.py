"""Damaged frames of packed files."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.decode.decode import converted
from chalicelib.errors import Rejected
from tests.support.files.engine import Memory
from tests.support.files.packing import framed


@pytest.mark.parametrize("head", [0b111, (1 << 21) | 1])
def test_a_zstd_block_whose_head_is_damaged_is_refused(head: int) -> None:
    sound = framed(b"a,b\n1,2\n")
    start = 6 if sound[4] >> 5 & 1 and sound[4] >> 6 == 0 else None
    assert start, "the frame's header is of another length than this test thinks"
    damaged = sound[:start] + head.to_bytes(3, "little") + sound[start + 3 :]
    with pytest.raises(Rejected) as refused:
        b"".join(converted(Memory(damaged), Dialect(), Limits()))
    assert refused.value.code == "COMPRESSION_BROKEN"
