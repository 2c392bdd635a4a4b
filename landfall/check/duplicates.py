"""Counts rows whose key comes more than once, in bounded memory, whatever the size of the file."""

from __future__ import annotations

from landfall.sorted_rows import HELD, Numbers, SortedRows, among_first


class Duplicates:
    """Takes 64-bit hashes of keys, block by block. Among a billion keys two collide with a chance of 1 in 37."""

    def __init__(self, held: int = HELD) -> None:
        self.total = 0
        self._rows = SortedRows(lines=1, alike=1, held=held)

    def __enter__(self) -> Duplicates:
        return self

    def __exit__(self, *raised: object) -> None:
        self._rows.close()

    def add(self, hashes: Numbers) -> None:
        """Add the hashes of some rows' keys."""
        self.total += len(hashes)
        self._rows.add(hashes)

    def count(self) -> int:
        """Count the rows beyond the first of each key."""
        return self.total - sum(int(among_first(hashes, 1).sum()) for (hashes,) in self._rows.slices())
