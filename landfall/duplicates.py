"""Counts rows whose key comes more than once, in bounded memory, whatever the size of the file."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

HELD = 1 << 20
"""Hashes held at once (8 MB). If there are more, they go to a temporary file as sorted runs, read slice by slice."""

Hashes = np.ndarray[Any, np.dtype[np.uint64]]


class Duplicates:
    """Takes 64-bit hashes of keys, block by block. Among a billion keys two collide with a chance of 1 in 37."""

    def __init__(self, held: int = HELD) -> None:
        self.total = 0
        self._held = held
        self._buffer: list[Hashes] = []
        self._buffered = 0
        self._runs: list[tuple[int, int]] = []  # where each run starts in the file, and how many hashes it has
        self._file: BinaryIO | None = None

    def __enter__(self) -> Duplicates:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def add(self, hashes: Hashes) -> None:
        """The hashes of some rows' keys."""
        self._buffer.append(hashes)
        self._buffered += len(hashes)
        self.total += len(hashes)
        if self._buffered >= self._held:
            self._file = self._file or _spool()
            self._spill(self._file)

    def count(self) -> int:
        """Rows beyond the first of each key."""
        if not self.total:
            return 0
        if not self._file:
            return self.total - len(_once(np.sort(np.concatenate(self._buffer))))
        self._spill(self._file)
        return self.total - sum(len(_once(part)) for part in self._slices(self._file))

    def _spill(self, file: BinaryIO) -> None:
        if not self._buffered:
            return
        run = _once(np.sort(np.concatenate(self._buffer)))  # so that a key in every row takes no room
        self._runs.append((file.seek(0, 2), len(run)))
        file.write(run.data)
        file.flush()
        self._buffer, self._buffered = [], 0

    def _slices(self, file: BinaryIO) -> Iterator[Hashes]:
        """All hashes of one range of values, range after range; each is about as many as may be held."""
        runs = [np.memmap(file, np.uint64, "r", offset, (length,)) for offset, length in self._runs]
        ranges = sum(length for _, length in self._runs) // self._held + 1
        bounds = [np.uint64(number * 2**64 // ranges) for number in range(1, ranges)]
        cuts = [[0, *run.searchsorted(bounds).tolist(), len(run)] for run in runs]
        for number in range(ranges):
            parts = [run[cut[number] : cut[number + 1]] for run, cut in zip(runs, cuts, strict=True)]
            yield np.sort(np.concatenate(parts))


def _spool() -> BinaryIO:
    import tempfile  # for large files only

    return tempfile.TemporaryFile()


def _once(ordered: Hashes) -> Hashes:
    """Every value of a sorted array once."""
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
