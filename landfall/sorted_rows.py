"""Sorts any number of rows of numbers in bounded memory. Rows beyond the limit go to a temporary file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

HELD = 1 << 20
"""Most rows in memory: 8 MB for each line of numbers."""

Numbers = np.ndarray[Any, np.dtype[np.uint64]]
Rows = np.ndarray[Any, np.dtype[np.uint64]]
"""Lines of numbers, one below the other. A row is a column of them: a hash, and what belongs to it."""
Mask = np.ndarray[Any, np.dtype[np.bool_]]


class SortedRows:
    """Takes rows block by block and returns them by hash.

    Guarantees that all rows of one hash come in one slice, in the order in which they were added. The file keeps only
    the first `alike` rows of each hash in a run, so that a hash in every row takes no room.
    """

    def __init__(self, *, lines: int, alike: int, held: int = HELD) -> None:
        self._lines, self._alike, self._held = lines, alike, held
        self._buffer: list[Rows] = []
        self._buffered = 0
        self._runs: list[tuple[int, int]] = []  # where each run starts in the file, and how many rows it has
        self._file: BinaryIO | None = None

    def add(self, *lines: Numbers) -> None:
        """Add some rows, line by line."""
        self._buffer.append(np.stack(lines))
        self._buffered += len(lines[0])
        if self._buffered >= self._held:
            self._spill()

    def slices(self) -> Iterator[Rows]:
        """Yield all rows of one range of hashes, range after range. A slice has about as many rows as may be held."""
        if not self._file:
            if self._buffer:
                yield _ordered(self._buffer)
            return
        self._spill()
        shape = self._lines
        runs = [np.memmap(self._file, np.uint64, "r", offset, (shape, length)) for offset, length in self._runs]
        ranges = sum(length for _, length in self._runs) // self._held + 1
        bounds = [np.uint64(number * 2**64 // ranges) for number in range(1, ranges)]
        cuts = [[0, *run[0].searchsorted(bounds).tolist(), run.shape[1]] for run in runs]
        for number in range(ranges):
            yield _ordered([run[:, cut[number] : cut[number + 1]] for run, cut in zip(runs, cuts, strict=True)])

    def close(self) -> None:
        """Delete the temporary file."""
        if self._file:
            self._file.close()

    def _spill(self) -> None:
        if not self._buffered:
            return
        self._file = self._file or _spool()
        run = _ordered(self._buffer)
        run = np.ascontiguousarray(run[:, among_first(run[0], self._alike)])
        self._runs.append((self._file.seek(0, 2), run.shape[1]))
        self._file.write(run.data)
        self._file.flush()
        self._buffer, self._buffered = [], 0


def among_first(hashes: Numbers, most: int) -> Mask:
    """Return which of some sorted hashes are among the first `most` of their value."""
    found = np.ones(len(hashes), np.bool_)
    found[most:] = hashes[most:] != hashes[:-most]
    return found


def _ordered(parts: list[Rows]) -> Rows:
    """Sort rows by hash; those of one hash stay in their order. Hashes without other lines are sorted faster."""
    rows = np.concatenate(parts, axis=1)
    return np.sort(rows, axis=1) if len(rows) == 1 else rows[:, np.argsort(rows[0], kind="stable")]


def _spool() -> BinaryIO:
    import tempfile  # only for files with many rows

    return tempfile.TemporaryFile()
