"""Find the bytes of a zip that hold its one file. Reads the directory at the end, and the file's own head."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import IO, cast

from chalicelib.domain.decode.feed import Feed, refused
from chalicelib.domain.decode.file_kind import zip_kind
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected
from chalicelib.visible import first_of

MOST_DIRECTORY_BYTES = 1 << 20
"""A larger directory belongs to many files; it is not read."""
UTF_8 = 0x800
ENCRYPTED = 0x1 | 0x40 | 0x2000
NAMED = 10
"""The most members that an error names."""
LOCAL_HEAD_BYTES = 30


@dataclass(frozen=True, kw_only=True)
class Member:
    """The file in a zip: its packed bytes are [start, stop)."""

    start: int
    stop: int
    method: int
    size: int
    """Size of the unpacked file."""
    crc: int


def only_member(source: ByteSource) -> Member:
    """Return the one file of a zip. Folders and the files that macOS adds do not count. Raises Rejected."""
    every = directory(source)
    if kind := zip_kind(m.filename for m in every):
        raise kind.refusal()
    files = [m for m in every if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        names = [repr(m.filename[:64]) for m in files]
        what = f"{len(files)} files ({first_of(names, NAMED)})" if files else "no file"
        raise Rejected(f"the zip has {what}; send each file in a zip of its own", code="COMPRESSION_MEMBERS")
    (found,) = files
    if encrypted(found):
        raise refused("the zip is encrypted; send it without a password")
    return member(source, found)


def encrypted(found: zipfile.ZipInfo) -> bool:
    """Return whether a file in a zip needs a password."""
    return bool(found.flag_bits & ENCRYPTED)


def member(source: ByteSource, found: zipfile.ZipInfo) -> Member:
    """Return where a file's packed bytes are, by its own head. Raises Rejected."""
    feed = Feed(source, min(max(found.header_offset, 0), source.size), source.size)
    head = feed.exactly(LOCAL_HEAD_BYTES)
    if not head.startswith(b"PK\x03\x04"):
        raise feed.broken("there is no file at the offset in the zip's directory")
    name = feed.exactly(int.from_bytes(head[26:28], "little"))
    if name != found.orig_filename.encode("utf-8" if found.flag_bits & UTF_8 else "cp437"):
        raise feed.broken("the zip's directory has another name for its file")
    feed.skip(int.from_bytes(head[28:30], "little"))
    start = feed.offset
    feed.skip(found.compress_size)
    return Member(start=start, stop=feed.offset, method=found.compress_type, size=found.file_size, crc=found.CRC)


def directory(source: ByteSource) -> list[zipfile.ZipInfo]:
    """Return the files and folders of a zip. Raises Rejected."""
    try:
        with zipfile.ZipFile(cast(IO[bytes], _File(source))) as opened:
            return opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        end = Feed(source, source.size, source.size)
        raise end.broken("the zip's directory, at its end, is missing or damaged") from error


class _File:
    """The methods of a file that zipfile needs to read a directory."""

    def __init__(self, source: ByteSource) -> None:
        self._source, self._at = source, 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, length: int = -1) -> bytes:
        left = max(0, self._source.size - self._at)
        wanted = left if length < 0 else min(length, left)
        if wanted > MOST_DIRECTORY_BYTES:
            raise Rejected("the zip has too many files; send each file in a zip of its own", code="COMPRESSION_MEMBERS")
        data = self._source.read(self._at, wanted) if wanted else b""
        self._at += len(data)
        return data
