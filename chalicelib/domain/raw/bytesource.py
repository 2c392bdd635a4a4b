"""The source of the engine's bytes, and ranges of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class ByteSource(Protocol):
    """One unchanging version of a file. The engine reads forward, each byte once, except near planned cuts."""

    size: int
    """Total number of bytes."""

    def read(self, start: int, length: int) -> bytes:
        """Return bytes [start, start + length); fewer only at the end of the file."""


class InMemory:
    """Bytes in memory, as a source."""

    def __init__(self, data: bytes) -> None:
        self.size, self._data = len(data), data

    def read(self, start: int, length: int) -> bytes:
        """Bytes [start, start + length); fewer only at the end."""
        return self._data[start : start + length]


@dataclass(frozen=True, kw_only=True)
class Range:
    """A chunk: the records that start in [start, stop)."""

    start: int
    """Byte offset of the first record."""
    stop: int
    """Planned start of the next chunk; for the last chunk, the size of the file."""


@dataclass(kw_only=True)
class Beginning:
    """The first `size` bytes of a source, as a source."""

    whole: ByteSource
    size: int

    def read(self, start: int, length: int) -> bytes:
        """Return bytes [start, start + length); fewer only at the end."""
        return self.whole.read(start, min(length, self.size - start))


def until(source: ByteSource, end: int) -> ByteSource:
    """Return the source up to byte `end`."""
    return source if end >= source.size else Beginning(whole=source, size=end)
