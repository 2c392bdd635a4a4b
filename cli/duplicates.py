"""Counts rows whose key comes more than once, in bounded memory, whatever the size of the file."""

from __future__ import annotations

import tempfile
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

HELD = 1 << 21
"""Hashes held at once (16 MB). More go to a temporary file and are counted in passes over it."""

Hashes = np.ndarray[Any, np.dtype[np.uint64]]


class Duplicates:
    """Takes 64-bit hashes of keys, block by block. Among a billion keys two collide with a chance of 1 in 37."""

    def __init__(self, held: int = HELD) -> None:
        self.total = 0
        self._held = held
        self._spilt: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> Duplicates:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spilt.close()

    def add(self, hashes: Hashes) -> None:
        """The hashes of some rows' keys."""
        self.total += len(hashes)
        self._spilt.write(np.ascontiguousarray(hashes, np.uint64).data)

    def count(self) -> int:
        """Rows beyond the first of each key. A pass counts the keys whose hash, modulo the passes, is its number."""
        passes = self.total // self._held + 1
        return self.total - sum(self._distinct(number, passes) for number in range(passes))

    def _distinct(self, number: int, passes: int) -> int:
        self._spilt.seek(0)
        mine: list[Hashes] = []
        while data := self._spilt.read(self._held * 8):
            block = np.frombuffer(data, np.uint64)
            mine.append(block[block % np.uint64(passes) == number])
        return len(np.unique(np.concatenate(mine))) if mine else 0
