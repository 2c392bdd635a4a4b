"""The packed bytes of a file, in order, for the decompressors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected, SourceChanged


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Sizes of reads and of unpacked blocks, in bytes. They do not change the text."""

    read: int = 1 << 14
    """Fewest bytes of one read from the source."""
    unpack: int = 1 << 18
    """Most bytes unpacked at once."""


USUAL = Steps()


FREE_EMPTY_PARTS = 10_000
"""Number of a file's members and frames that may unpack to no bytes."""
EMPTY_PARTS_A_FULL_ONE = 2
"""More empty parts allowed for each part with content: some packers add a frame of their own to each."""


class Feed:
    """Bytes [start, stop) of a source; a reader can give back unused bytes."""

    def __init__(self, source: ByteSource, start: int, stop: int, steps: Steps = USUAL) -> None:
        self._source, self._read_to, self._stop = source, start, stop
        self.steps = steps
        self._held, self._next = b"", 0
        self._empty_parts_left = FREE_EMPTY_PARTS

    @property
    def offset(self) -> int:
        """Byte offset in the source of the next byte to take."""
        return self._read_to - len(self._held) + self._next

    def take(self) -> bytes:
        """Return some bytes; b"" at the end."""
        self._fill(1)
        data, self._held, self._next = self._held[self._next :], b"", 0
        return data

    def take_some(self) -> bytes:
        """Return some bytes. Raises Rejected at the end."""
        if data := self.take():
            return data
        raise self._short()

    def give_back(self, data: bytes) -> None:
        self._held, self._next = data + self._held[self._next :], 0

    def peek(self, length: int) -> bytes:
        """Return the next bytes without taking them; fewer only at the end."""
        self._fill(length)
        return self._held[self._next : self._next + length]

    def exactly(self, length: int) -> bytes:
        """Take `length` bytes. Raises Rejected if there are fewer."""
        data = self.peek(length)
        if len(data) < length:
            raise self._short()
        self._next += length
        return data

    def skip(self, length: int) -> None:
        """Skip `length` bytes without reading them. Raises Rejected if there are fewer."""
        if (to := self.offset + length) > self._stop:
            raise self._short()
        if to <= self._read_to:
            self._next += length
        else:
            self._read_to, self._held, self._next = to, b"", 0

    def count_part(self, *, full: bool) -> None:
        """Count a member or frame, `full` if it had content. Raises Rejected if too many were empty.

        An empty part has a few bytes and costs some microseconds: a file of only such parts would block its worker for
        minutes.
        """
        self._empty_parts_left += EMPTY_PARTS_A_FULL_ONE if full else -1
        if self._empty_parts_left < 0:
            what = f"more than {FREE_EMPTY_PARTS} parts of the file up to byte {self.offset} unpack to nothing"
            raise Rejected(
                f"{what}; compress the file again, as one part", code="COMPRESSION_BOMB", byte_offset=self.offset
            )

    def only_zeros(self) -> bool:
        """Take all bytes left and return whether all are zero."""
        return not any(data.strip(b"\0") for data in iter(self.take, b""))

    @contextmanager
    def sound(self, *errors: type[Exception]) -> Iterator[None]:
        """Convert a decompressor's errors to Rejected."""
        try:
            yield
        except errors as error:
            raise self.broken("its bytes are not consistent") from error

    def broken(self, what: str) -> Rejected:
        """Return the error for a damaged file."""
        at = self.offset
        message = f"the compressed file is damaged at or before byte {at}: {what}; send it again"
        return Rejected(message, code="COMPRESSION_BROKEN", byte_offset=at)

    def _short(self) -> Rejected:
        self._next = len(self._held)
        return self.broken("it ends too early")

    def _fill(self, length: int) -> None:
        held = len(self._held) - self._next
        wanted = min(max(self.steps.read, length - held), self._stop - self._read_to) if held < length else 0
        if wanted:
            data = self._source.read(self._read_to, wanted)
            if len(data) != wanted:
                raise SourceChanged(f"the file ended before its {self._source.size} bytes")
            self._held, self._next = self._held[self._next :] + data, 0
            self._read_to += wanted


def refused(what: str) -> Rejected:
    """Return the error for an undamaged file that Landfall does not accept."""
    return Rejected(what, code="COMPRESSION_REFUSED")
