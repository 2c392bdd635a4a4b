"""Unpack files: gzip and bzip2 (all members), Zstandard (all frames), zip (its one file).

For any input, one step returns at most Steps.unpack bytes. The memory that a format can require is limited, too:
Zstandard's window to MOST_WINDOW_LOG, zip's directory to MOST_DIRECTORY_BYTES. Checksums are verified. A file that ends
early or violates its format raises Rejected with the offset in the packed file; the caller must not use the text up to
there. Decompressors are imported on first use, because most files are not packed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.contract.dialect import Compression, Dialect
from chalicelib.domain.decode.feed import USUAL, Feed, Steps, refused
from chalicelib.domain.raw.bytesource import ByteSource

if TYPE_CHECKING:
    from chalicelib.domain.decode.zip_member import Member

MAGIC = {
    Compression.GZIP: (b"\x1f\x8b\x08",),
    Compression.BZ2: tuple(b"BZh%d" % n + block for n in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90")),
    Compression.ZSTD: (b"\x28\xb5\x2f\xfd", *(bytes((n,)) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))),
    Compression.ZIP: (b"PK\x03\x04", b"PK\x05\x06"),
}
"""The first bytes of packed files. No text begins with any of them."""
MOST_WINDOW_LOG = 27
"""128 MB: the default limit of Zstandard itself, and the window of `zstd --ultra --long`."""


class Engine(Protocol):
    """A decompressor of one member or frame, with the interface of `bz2` and `compression.zstd`."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether the next output needs more input."""

    @property
    def unused_data(self) -> bytes:
        """Input after the member's end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` bytes of the member."""


def packing(head: bytes, dialect: Dialect) -> Compression:
    """Return the contract's compression; if that is auto, detect it from the first bytes of the file."""
    if dialect.compression is not Compression.AUTO:
        return dialect.compression
    return next((kind for kind, magic in MAGIC.items() if head.startswith(magic)), Compression.NONE)


def unpacked(source: ByteSource, compression: Compression, steps: Steps = USUAL) -> Iterator[bytes]:
    """Yield the unpacked bytes, in blocks of at most `steps.unpack` if the file is packed. Raises Rejected."""
    feed = Feed(source, 0, source.size, steps)
    if compression is Compression.ZIP:
        from chalicelib.domain.decode.zip_member import only_member

        return unpacked_member(source, only_member(source), steps)
    if compression is Compression.NONE:
        return iter(feed.take, b"")
    one = {Compression.GZIP: _gzip, Compression.BZ2: _bz2, Compression.ZSTD: _zstd}[compression]
    return _all(feed, MAGIC[compression], one, compression.value)


def unpacked_member(source: ByteSource, member: Member, steps: Steps = USUAL) -> Iterator[bytes]:
    """Yield the bytes of one file in a zip, in blocks. Raises Rejected."""
    return _checked(member, Feed(source, member.start, member.stop, steps))


def _all(feed: Feed, magic: tuple[bytes, ...], one: Callable[[Feed], Iterator[bytes]], name: str) -> Iterator[bytes]:
    """Unpack one member or frame after the other. Zeros at the end, which fill a tape or disk block, are ignored."""
    begun = False
    while beginning := feed.peek(len(magic[0])):
        if not beginning.startswith(magic):
            if begun and feed.only_zeros():
                return
            raise feed.broken(f"the bytes after its last part are not {name}" if begun else f"it is not {name}")
        full = False
        for out in one(feed):
            full = True
            yield out
        feed.count_part(full=full)
        begun = True


def _gzip(feed: Feed) -> Iterator[bytes]:
    return _inflated(feed, 31)


def _inflated(feed: Feed, wbits: int) -> Iterator[bytes]:
    engine = zlib.decompressobj(wbits)
    while not engine.eof:
        data = feed.take_some()
        while True:
            with feed.sound(zlib.error):
                out = engine.decompress(data, feed.steps.unpack)
            if out:
                yield out
            data = engine.unconsumed_tail
            if engine.eof or (not data and len(out) < feed.steps.unpack):
                break
    feed.give_back(engine.unused_data)


def _bz2(feed: Feed) -> Iterator[bytes]:
    import bz2

    return _by_engine(feed, bz2.BZ2Decompressor(), OSError, ValueError)


def _zstd(feed: Feed) -> Iterator[bytes]:
    """Unpack one frame; a skippable frame has no content. The engine verifies the frame's checksum, if it has one."""
    from backports import zstd

    window: dict[int, int] = {zstd.DecompressionParameter.window_log_max: MOST_WINDOW_LOG}
    return _by_engine(feed, zstd.ZstdDecompressor(options=window), zstd.ZstdError)


def _by_engine(feed: Feed, engine: Engine, *errors: type[Exception]) -> Iterator[bytes]:
    """Unpack one member or frame. The bytes after it go back to the feed."""
    while not engine.eof:
        data = feed.take_some() if engine.needs_input else b""
        with feed.sound(*errors):
            out = engine.decompress(data, feed.steps.unpack)
        if out:
            yield out
    feed.give_back(engine.unused_data)


METHODS: dict[int, Callable[[Feed], Iterator[bytes]]] = {
    0: lambda feed: iter(feed.take, b""),
    8: lambda feed: _inflated(feed, -15),
    12: _bz2,
    93: _zstd,
}
"""The supported methods of a zip: stored, deflated, bzip2, Zstandard."""


def _checked(member: Member, feed: Feed) -> Iterator[bytes]:
    """Unpack the file in a zip, and verify its size and checksum."""
    if member.method not in METHODS:
        raise refused(f"the zip compresses its file by method {member.method}, which is not supported; use deflate")
    size = crc = 0
    for block in METHODS[member.method](feed):
        size, crc = size + len(block), zlib.crc32(block, crc)
        yield block
    if (size, crc) != (member.size, member.crc):
        raise feed.broken("the file in the zip does not match the zip's directory")
