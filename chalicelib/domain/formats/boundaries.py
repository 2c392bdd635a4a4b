"""Cut a file of text into chunks at an expression that ends records, by small reads near the cuts only."""

from __future__ import annotations

import re

from chalicelib.domain.formats.csv.split import WINDOWS, Looks, chunk_size
from chalicelib.domain.raw.bytesource import ByteSource, Range


def ranges_between(
    source: ByteSource, start: int, end: int, chunk_bytes: int, boundary: re.Pattern[bytes]
) -> tuple[Range, ...]:
    """Return ranges that cover [start, end), each of about `chunk_bytes`, or more in a large file.

    A record probably begins behind each place where the boundary stands. There is no range if there is no byte.
    """
    if start == end:
        return ()
    size = chunk_size(end - start, chunk_bytes)
    cuts = range(start + size, end, size)
    finder = _Finder(source, end, Looks(len(cuts)), boundary)
    starts = [start, *(at for cut in cuts if (at := finder.record_start(cut, cut + size)) is not None)]
    return tuple(Range(start=a, stop=b) for a, b in zip(starts, [*starts[1:], end], strict=True))


class _Finder:
    """Finds the first record at or after each cut."""

    def __init__(self, source: ByteSource, end: int, looks: Looks, boundary: re.Pattern[bytes]) -> None:
        self.source, self.end, self.looks, self.boundary = source, end, looks, boundary

    def record_start(self, cut: int, limit: int) -> int | None:
        """Return the first probable start of a record in [cut, limit), or None without one."""
        begin = cut - 1  # a byte that ends the record before it, if nothing is between
        for window in self.looks.at_a_cut():
            text = self.source.read(begin, min(window, self.end - begin))
            found = self.boundary.search(text)
            if found:
                self.looks.learn(window)
                return begin + found.end() if begin + found.end() < min(limit, self.end) else None
            if begin + len(text) >= min(limit + WINDOWS[0], self.end):
                return None
        return None
