"""Names of a workbook's cells, for the rejects of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Where the columns of a file stand in a sheet. A line's number is its row's."""

    sheet: str
    letters: Mapping[str, str] = field(hash=False)
    """The letters of each staged column, by its name."""

    def name(self, column: str, line: int) -> str:
        """Return the name of a cell, such as `Orders!C17`; of the whole row without a known column."""
        plain = self.sheet.isascii() and self.sheet.replace("_", "a").isalnum() and not self.sheet[0].isdigit()
        sheet = self.sheet if plain else "'" + self.sheet.replace("'", "''") + "'"
        letters = self.letters.get(column, "")
        return f"{sheet}!{letters}{line}" if letters else f"{sheet}!{line}:{line}"
