"""Files far larger than any disk at hand: their bytes are made when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Virtual:
    """A head, one pattern over and over, and a tail; notes what is read of it."""

    size: int
    pattern: bytes
    head: bytes = b""
    tail: bytes = b""
    reads: int = 0
    bytes_read: int = 0
    longest_read: int = 0
    period: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.period = self.pattern * max(1, (1 << 16) // len(self.pattern))

    def read(self, start: int, length: int) -> bytes:
        assert 0 <= start <= self.size
        stop = min(start + length, self.size)
        self.reads += 1
        self.bytes_read += stop - start
        self.longest_read = max(self.longest_read, stop - start)
        tail_start = self.size - len(self.tail)
        head, tail = self.head[start:stop], self.tail[max(start - tail_start, 0) : max(stop - tail_start, 0)]
        return head + self._middle(max(start, len(self.head)), min(stop, tail_start)) + tail

    def _middle(self, start: int, stop: int) -> bytes:
        if start >= stop:
            return b""
        phase = (start - len(self.head)) % len(self.pattern)
        times = (phase + stop - start) // len(self.period) + 1
        return (self.period * times)[phase : phase + stop - start]


def virtual(about: int, pattern: bytes, head: bytes = b"", tail: bytes = b"") -> Virtual:
    """About so many bytes, the last pattern whole."""
    times = (about - len(head) - len(tail)) // len(pattern)
    return Virtual(size=len(head) + times * len(pattern) + len(tail), pattern=pattern, head=head, tail=tail)


class Joined:
    """Two files as one."""

    def __init__(self, first: Virtual, second: Virtual) -> None:
        self.first, self.second, self.size = first, second, first.size + second.size

    @property
    def reads(self) -> int:
        return self.first.reads + self.second.reads

    def read(self, start: int, length: int) -> bytes:
        if start >= self.first.size:
            return self.second.read(start - self.first.size, length)
        missing = start + length - self.first.size
        return self.first.read(start, length) + (self.second.read(0, missing) if missing > 0 else b"")
