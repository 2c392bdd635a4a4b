"""From a file as suppliers write it to what the engine reads: UTF-8 text, line ends as they were.

A file that is neither packed nor in another encoding, and whose contract has nothing replaced or left out, is read
where it is. Any other is unpacked and transcoded here, block by block: a few MB are held, whatever the file's size or
what it claims to be. The same bytes and the same contract give the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chalicelib.domain.contract.contract import Compression, Dialect, Encoding, Invalid, Limits, Nul
from chalicelib.domain.decode.encodings import encoding_of, transcoded
from chalicelib.domain.decode.packed import packing, unpacked
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected

HEAD_BYTES = 16_384
"""Looked at to tell what a file is; as much as the header's first look, so that it is read once."""
FREE_BYTES = 1_000_000
"""So much may come of any file, however small it is packed."""


def readable_in_place(source: ByteSource, dialect: Dialect) -> bool:
    """Whether the engine can read the file where it is. Raises Rejected if its text is not what the contract says."""
    if Invalid.REJECT is not dialect.invalid or Nul.REJECT is not dialect.nul:
        return False
    head = source.read(0, min(HEAD_BYTES, source.size))
    return packing(head, dialect) is Compression.NONE and encoding_of(head, dialect)[0] is Encoding.UTF_8


def converted(source: ByteSource, dialect: Dialect, limits: Limits) -> Iterator[bytes]:
    """The file's text in UTF-8, in blocks. Raises Rejected: it is damaged, too large, or not what the contract says."""
    head = source.read(0, min(HEAD_BYTES, source.size))
    compression = packing(head, dialect)
    blocks = unpacked(source, compression)
    if compression is not Compression.NONE:
        blocks = _bounded(blocks, source.size, limits)
    return transcoded(blocks, dialect)


def cut(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of `size` bytes, the last one shorter; none if there are no bytes."""
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
