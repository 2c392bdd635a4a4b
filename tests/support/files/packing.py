"""Ways in which suppliers pack the same bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable

from backports import zstd

Pack = Callable[[bytes], bytes]
SKIPPABLE = b"\x5a\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"


def halves(one: Pack) -> Pack:
    """Two members or frames, one after the other."""
    return lambda data: one(data[: len(data) // 2]) + one(data[len(data) // 2 :])


def zipped(method: int = zipfile.ZIP_DEFLATED, **others: bytes) -> Pack:
    """A zip as macOS makes it, with a folder and a file about the file; `others` are more files."""

    def pack(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as made:
            made.writestr("folder/", b"")
            made.writestr("folder/things.csv", data)
            made.writestr("__MACOSX/folder/._things.csv", b"about")
            for name, body in others.items():
                made.writestr(name, body)
        return out.getvalue()

    return pack


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


def framed(data: bytes) -> bytes:
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def streamed(data: bytes) -> bytes:
    """A frame of many small blocks that does not tell its size, between one of nothing and one of somebody's own."""
    made = zstd.ZstdCompressor(level=3)
    parts = [made.compress(data[n : n + 7], made.FLUSH_BLOCK) for n in range(0, len(data), 7)]
    return framed(b"") + b"".join(parts) + made.flush() + SKIPPABLE


PACKS: dict[str, Pack] = {
    "plain": lambda data: data,
    "gzip": gzipped,
    "gzip of two": halves(gzipped),
    "gzip with empty members, filled up": lambda data: gzipped(b"") + gzipped(data) + gzipped(b"") + bytes(700),
    "bz2": bz2.compress,
    "bz2 of two": halves(bz2.compress),
    "zstd": framed,
    "zstd of two": halves(framed),
    "zstd in small blocks": streamed,
    "zip": zipped(),
    "zip, stored": zipped(zipfile.ZIP_STORED),
    "zip by bz2": zipped(zipfile.ZIP_BZIP2),
}
