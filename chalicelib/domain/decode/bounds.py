"""The most bytes that a packed file may unpack to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chalicelib.domain.contract.contract import Limits
from chalicelib.errors import Rejected

FREE_BYTES = 1_000_000
"""Unpacked size that every file may have, at any compression ratio."""


def bounded(blocks: Iterable[bytes], packed: int, limits: Limits, free: int = FREE_BYTES) -> Iterator[bytes]:
    """Yield the blocks of a file of `packed` bytes. Raises Rejected beyond the contract's limits."""
    allowed = min(max(free, packed * limits.max_ratio), limits.max_unpacked_bytes)
    total = 0
    for block in blocks:
        total += len(block)
        if total > allowed:
            which = "max_unpacked_bytes" if allowed == limits.max_unpacked_bytes else "max_ratio"
            message = (
                f"{packed} bytes unpack to more than the {allowed} bytes that limits.{which} allows; check the file"
            )
            raise Rejected(message, code="COMPRESSION_BOMB")
        yield block
