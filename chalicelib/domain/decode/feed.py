"""The packed bytes of a file, in order, as those who unpack them ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected, SourceChanged


@dataclass(frozen=True, kw_only=True)
class Steps:
    """How much is held at a time, in bytes. What is read does not depend on it."""

    read: int = 1 << 14
    """Taken from the source at once."""
    unpack: int = 1 << 18
    """The most that is unpacked at once."""


USUAL = Steps()


FREE_EMPTY_PARTS = 10_000
"""Members and frames of a file that may unpack to nothing."""
EMPTY_PARTS_A_FULL_ONE = 2
"""... and so many more for each part that unpacks to something: some packers put a frame of their own beside each."""


class Feed:
    """Bytes [start, stop) of a source; what was taken too much can be given back."""

    def __init__(self, source: ByteSource, start: int, stop: int, steps: Steps = USUAL) -> None:
        self._source, self._read_to, self._stop = source, start, stop
        self.steps = steps
        self._held, self._next = b"", 0
        self._empty_parts_left = FREE_EMPTY_PARTS

    @property
    def offset(self) -> int:
        """Of the next byte to be taken, in the source."""
        return self._read_to - len(self._held) + self._next

    def take(self) -> bytes:
        """Some bytes; none at the end."""
        self._fill(1)
        data, self._held, self._next = self._held[self._next :], b"", 0
        return data

    def take_some(self) -> bytes:
        """Some bytes. Raises Rejected at the end."""
        if data := self.take():
            return data
        raise self._short()

    def give_back(self, data: bytes) -> None:
        self._held, self._next = data + self._held[self._next :], 0

    def peek(self, length: int) -> bytes:
        """The next bytes, fewer only at the end; they stay to be taken."""
        self._fill(length)
        return self._held[self._next : self._next + length]

    def exactly(self, length: int) -> bytes:
        """So many bytes. Raises Rejected if there are fewer."""
        data = self.peek(length)
        if len(data) < length:
            raise self._short()
        self._next += length
        return data

    def skip(self, length: int) -> None:
        """Leave so many bytes out, unread. Raises Rejected if there are fewer."""
        if (to := self.offset + length) > self._stop:
            raise self._short()
        if to <= self._read_to:
            self._next += length
        else:
            self._read_to, self._held, self._next = to, b"", 0

    def count_part(self, *, full: bool) -> None:
        """A member or frame was unpacked; it gave something or not. Raises Rejected if many gave nothing.

        Each costs some microseconds, and a few bytes: a file of nothing else would hold its worker for minutes.
        """
        self._empty_parts_left += EMPTY_PARTS_A_FULL_ONE if full else -1
        if self._empty_parts_left < 0:
            what = f"more than {FREE_EMPTY_PARTS} parts of the file up to byte {self.offset} unpack to nothing"
            raise Rejected(
                f"{what}; compress the file again, as one part", code="COMPRESSION_BOMB", byte_offset=self.offset
            )

    def only_zeros(self) -> bool:
        """Whether nothing but zero bytes is left; takes them."""
        return not any(data.strip(b"\0") for data in iter(self.take, b""))

    @contextmanager
    def sound(self, *errors: type[Exception]) -> Iterator[None]:
        """Whatever a decompressor has against the bytes it was given becomes Rejected."""
        try:
            yield
        except errors as error:
            raise self.broken("its bytes are not consistent") from error

    def broken(self, what: str) -> Rejected:
        """The error for a damaged file."""
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
    """The error for a sound file that is not taken."""
    return Rejected(what, code="COMPRESSION_REFUSED")
