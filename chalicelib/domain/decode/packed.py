"""What is packed, unpacked: gzip and bzip2 (all members), Zstandard (all frames), zip (its one file).

Whatever the input claims, no step gives more than Steps.unpack, and what a format may make its reader hold is limited
(Zstandard's window to MOST_WINDOW_LOG, zip's directory to MOST_DIRECTORY_BYTES). Checksums are verified. A file that
ends early or does not fit its format is Rejected with the offset in the packed file; text that was given before that
must not be used. What unpacks is imported where it is used, since most files are not packed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.contract.contract import Compression, Dialect
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
"""How packed files begin. None of these is the beginning of a text."""
MOST_WINDOW_LOG = 27
"""128 MB: the default limit of Zstandard itself, and what `zstd --ultra --long` uses."""


class Engine(Protocol):
    """A decompressor of one member or frame, as `bz2` and `compression.zstd` of the standard library have it."""

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
        """At most `max_length` bytes of the member."""


def packing(head: bytes, dialect: Dialect) -> Compression:
    """How a file that begins so is packed, if the contract leaves it to the file."""
    if dialect.compression is not Compression.AUTO:
        return dialect.compression
    return next((kind for kind, magic in MAGIC.items() if head.startswith(magic)), Compression.NONE)


def unpacked(source: ByteSource, compression: Compression, steps: Steps = USUAL) -> Iterator[bytes]:
    """The bytes inside, in blocks of at most `steps.unpack`. Raises Rejected."""
    feed = Feed(source, 0, source.size, steps)
    if compression is Compression.ZIP:
        from chalicelib.domain.decode.zip_member import only_member

        member = only_member(source)
        return _checked(member, Feed(source, member.start, member.stop, steps))
    if compression is Compression.NONE:
        return iter(feed.take, b"")
    one = {Compression.GZIP: _gzip, Compression.BZ2: _bz2, Compression.ZSTD: _zstd}[compression]
    return _all(feed, MAGIC[compression], one, compression.value)


def _all(feed: Feed, magic: tuple[bytes, ...], one: Callable[[Feed], Iterator[bytes]], name: str) -> Iterator[bytes]:
    """One member or frame after the other. Zeros that fill up a last tape or disk block are no harm."""
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
    """One frame. A skippable frame gives nothing. The engine verifies the frame's checksum, if it has one."""
    from backports import zstd

    window: dict[int, int] = {zstd.DecompressionParameter.window_log_max: MOST_WINDOW_LOG}
    return _by_engine(feed, zstd.ZstdDecompressor(options=window), zstd.ZstdError)


def _by_engine(feed: Feed, engine: Engine, *errors: type[Exception]) -> Iterator[bytes]:
    """One member or frame. What follows it goes back to the feed."""
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
"""How a zip may pack its members: stored, deflated, bzip2, Zstandard."""


def _checked(member: Member, feed: Feed) -> Iterator[bytes]:
    """The file in a zip, its size and checksum verified."""
    if member.method not in METHODS:
        raise refused(f"the zip compresses its file by method {member.method}, which is not supported; use deflate")
    size = crc = 0
    for block in METHODS[member.method](feed):
        size, crc = size + len(block), zlib.crc32(block, crc)
        yield block
    if (size, crc) != (member.size, member.crc):
        raise feed.broken("the file in the zip does not match the zip's directory")
