"""Convert a supplier's file to the text that the engine reads: UTF-8, with the line ends of the file.

The engine reads a file in place if it is plain UTF-8 and its contract does not replace or remove bytes. Other files are
unpacked and transcoded here, block by block. Memory stays at a few MB, for any file and any size that its headers
claim. The same bytes and the same contract give the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Compression, Dialect, Encoding, Invalid, Nul
from chalicelib.domain.decode.encodings import Repairs, encoding_of, transcoded
from chalicelib.domain.decode.packed import packing, unpacked
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected

HEAD_BYTES = 16_384
"""Bytes read to detect packing and encoding; as many as the header's first read, so that they are read once."""
FREE_BYTES = 1_000_000
"""Unpacked size that every file may have, at any compression ratio."""


def readable_in_place(source: ByteSource, dialect: Dialect) -> bool:
    """Return whether the engine can read the file in place. Raises Rejected if its text contradicts the contract."""
    if Invalid.REJECT is not dialect.invalid or Nul.REJECT is not dialect.nul:
        return False
    head = source.read(0, min(HEAD_BYTES, source.size))
    return packing(head, dialect) is Compression.NONE and encoding_of(head, dialect)[0] is Encoding.UTF_8


def converted(source: ByteSource, dialect: Dialect, limits: Limits, repairs: Repairs | None = None) -> Iterator[bytes]:
    """Yield the file's text in UTF-8, in blocks, and count `repairs`.

    Raises Rejected if the file is damaged or too large, or contradicts the contract.
    """
    head = source.read(0, min(HEAD_BYTES, source.size))
    compression = packing(head, dialect)
    blocks = unpacked(source, compression)
    if compression is not Compression.NONE:
        blocks = _bounded(blocks, source.size, limits)
    return transcoded(blocks, dialect, repairs=repairs)


def in_pieces(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the same bytes in pieces of `size` bytes; the last one may be shorter. Without bytes there is no piece."""
    held = bytearray()
    for block in blocks:
        held += block
        whole = len(held) - len(held) % size
        for start in range(0, whole, size):
            with memoryview(held) as all_held:
                piece = bytes(all_held[start : start + size])
            yield piece
        del held[:whole]
    if held:
        yield bytes(held)


def _bounded(blocks: Iterable[bytes], packed: int, limits: Limits) -> Iterator[bytes]:
    allowed = min(max(FREE_BYTES, packed * limits.max_ratio), limits.max_unpacked_bytes)
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
