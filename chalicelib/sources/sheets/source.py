"""A sheet of a Google spreadsheet as a source: all its rows, whenever the spreadsheet has changed.

Guarantees that each change is read: the position is the version of the file, which grows with every change, and a
change during the reading makes another version. Does not promise that rows which are moved while they are read are all
in the same reading: the next one has them. Rows that are deleted from the sheet stay in the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.decode.xlsx.merges import Area
from chalicelib.domain.source.cells import column_of, letters, quoted_title
from chalicelib.domain.source.settings import SheetsSettings
from chalicelib.errors import Broken, Refused
from chalicelib.sources.sheets.google import Google
from chalicelib.sources.sheets.service import GOOGLE
from chalicelib.sources.sheets.table import Cell, Header, Rows, header_of
from chalicelib.sources.source import Page, Surroundings, Window

PAGE_CELLS = 50_000
"""Cells of a request: few large requests, each far below Google's 180 seconds."""
CELL = "effectiveValue,formattedValue,effectiveFormat(numberFormat)"
ABOUT = "properties(timeZone),sheets(properties(title,sheetType,gridProperties(rowCount,columnCount)),merges)"
GRID = f"sheets(data(startRow,startColumn,rowData(values({CELL}))))"


class SheetsSource:
    """One sheet."""

    def __init__(self, surroundings: Surroundings, google: Google | None = None, page_cells: int = PAGE_CELLS) -> None:
        settings = surroundings.settings.sheets
        if settings is None:
            raise Broken(f"the source of {surroundings.object} has no [source.sheets]", code="NO_SUCH_SOURCE")
        self._settings: SheetsSettings = settings
        self._around, self._page_cells = surroundings, page_cells
        self._google = google or Google(surroundings.secret(), GOOGLE, settings.spreadsheet)

    def position(self) -> str:
        """Return the version of the file, and behind it the time if the contract wants each reading to read all."""
        seconds = int(self._around.now()) if self._settings.every_time else 0
        return f"{self._google.version():020}{seconds:010}"

    def pages(self, window: Window, token: str) -> Iterator[Page]:  # noqa: ARG002 - a sheet is read in whole
        about = self._google.spreadsheet(ABOUT)
        sheet = self._sheet(about["sheets"])
        title, grid = sheet["properties"]["title"], sheet["properties"]["gridProperties"]
        area = _Area(self._google, title, *self._columns(int(grid["columnCount"])))
        count, row = int(grid["rowCount"]), self._settings.header_row
        header = self._header(area, row, count)
        rows = Rows(
            header, ZoneInfo(about["properties"]["timeZone"]), [_merged(one) for one in sheet.get("merges", ())]
        )
        size = max(self._page_cells // area.width, 1)
        for first in range(int(token or row + 1), count + 1, size):
            last = min(first + size - 1, count)
            lines = (rows.line(number, left, cells) for number, left, cells in area.rows(first, last))
            yield Page(content=b"".join(lines), token=str(last + 1))

    def close(self) -> None:
        self._google.close()

    def _header(self, area: _Area, row: int, count: int) -> Header:
        if row > count:
            raise Refused(f"the sheet has {count} rows, but header_row is {row}; correct it", code="SOURCE_REFUSED")
        cells = next((cells for _, _, cells in area.rows(row, row)), ())
        return header_of(area.title, row, area.left, cells, self._around.columns)

    def _sheet(self, sheets: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the sheet of the contract. Raises Refused if there is none."""
        grids = [sheet for sheet in sheets if sheet["properties"].get("sheetType", "GRID") == "GRID"]
        wanted = self._settings.sheet
        found = [sheet for sheet in grids if sheet["properties"]["title"] == wanted] if wanted else grids[:1]
        if not found:
            titles = ", ".join(f'"{sheet["properties"]["title"]}"' for sheet in grids)
            raise Refused(f'the spreadsheet has no sheet "{wanted}"; it has {titles}', code="NO_SUCH_SHEET")
        return found[0]

    def _columns(self, count: int) -> tuple[int, int]:
        """Return the first column to read, and the one after the last."""
        if not self._settings.columns:
            return 0, count
        first, last = map(column_of, self._settings.columns.split(":"))
        if first >= count:
            raise Refused(f"the sheet has no column {letters(first)}; correct columns", code="SOURCE_REFUSED")
        return first, min(last + 1, count)


class _Area:
    """The columns of a sheet that are read."""

    def __init__(self, google: Google, title: str, left: int, stop: int) -> None:
        self._google, self.title, self.left, self._stop = google, title, left, stop

    @property
    def width(self) -> int:
        return self._stop - self.left

    def rows(self, first: int, last: int) -> Iterator[tuple[int, int, Sequence[Cell]]]:
        """Yield rows as number, first column and cells. Google leaves out empty ones at the end."""
        area = f"{quoted_title(self.title)}!{letters(self.left)}{first}:{letters(self._stop - 1)}{last}"
        for sheet in self._google.spreadsheet(GRID, area)["sheets"]:
            for data in sheet.get("data", ()):
                top, left = int(data.get("startRow", 0)) + 1, int(data.get("startColumn", 0))
                for number, row in enumerate(data.get("rowData", ()), top):
                    yield number, left, row.get("values", ())


def _merged(found: dict[str, Any]) -> Area:
    """Return merged cells. Google counts from 0, up to an end that is not part of them."""
    return Area(
        top=int(found.get("startRowIndex", 0)) + 1,
        bottom=int(found["endRowIndex"]),
        left=int(found.get("startColumnIndex", 0)),
        right=int(found["endColumnIndex"]) - 1,
    )
