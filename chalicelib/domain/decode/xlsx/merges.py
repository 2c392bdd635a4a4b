"""The merged cells of a sheet, which a sheet lists behind its cells: so the sheet is looked through once before."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.domain.decode.xlsx.sheet_rows import column_number
from chalicelib.domain.decode.xlsx.xml_events import damaged

AREA = re.compile(
    rb"<(?:[A-Za-z][\w.-]*:)?mergeCell\s[^<>]*?\bref\s*=\s*[\"']\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})[\"']"
)
OVERLAP = 4096
"""More bytes than the element has."""
MOST_AREAS = 100_000


@dataclass(frozen=True, kw_only=True, order=True)
class Area:
    """Merged cells, first and last included. Rows count from 1, columns from 0."""

    top: int
    bottom: int
    left: int
    right: int


def merged_areas(blocks: Iterable[bytes], part: str) -> list[Area]:
    """Return the merged cells of a sheet, from the top down. Raises Rejected if there are too many."""
    found, held = set[Area](), b""
    for block in blocks:
        held = held[-OVERLAP:] + block
        for match in AREA.finditer(held):
            left, top, right, bottom = match.groups()
            columns = column_number(left.decode()), column_number(right.decode())
            found.add(Area(top=int(top), bottom=int(bottom), left=min(columns), right=max(columns)))
            if len(found) > MOST_AREAS:
                raise damaged(part, f"it has more than {MOST_AREAS} merged cells")
    return sorted(found)


class Covered:
    """Which cells of a row stand below a merged cell. Rows are asked for in order."""

    def __init__(self, areas: list[Area]) -> None:
        self._areas, self._next = areas, 0
        self._open: list[Area] = []

    def columns(self, row: int, wanted: list[int]) -> Iterator[int]:
        """Yield those of the wanted columns, which are sorted, whose cell in this row is covered."""
        while self._next < len(self._areas) and self._areas[self._next].top <= row:
            self._open.append(self._areas[self._next])
            self._next += 1
        if self._open:
            self._open = [area for area in self._open if area.bottom >= row]
        for area in self._open:
            for column in wanted[bisect_right(wanted, area.left - 1) : bisect_right(wanted, area.right)]:
                if (row, column) != (area.top, area.left):
                    yield column
