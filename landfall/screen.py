"""Prints text for the operator: in colour on a terminal, as plain lines of any width elsewhere.

Guarantees that a command's output is printable text in lines of its own, whatever a key or a header holds. Each
argument of `print_lines` is one line. No other module of the command prints.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from chalicelib.visible import visible
from landfall.text import cut_front

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 180
GAP = 2
SHORTEST_NAME = 12


def console(*, stderr: bool = False) -> Console:
    """Return a console that does not cut text for a file or a pipe, and does not read text as markup."""
    from rich.console import Console

    plain = Console(stderr=stderr, markup=False, highlight=False, soft_wrap=True, emoji=False)
    if not plain.is_terminal:
        plain.width = PLAIN_WIDTH
    return plain


def print_lines(*lines: str, stderr: bool = False) -> None:
    """Print lines, all of them or none. Raises BrokenPipeError for stdout only; without stderr the work goes on."""
    if not lines:
        return
    try:
        print("\n".join(map(visible, lines)), file=sys.stderr if stderr else sys.stdout, flush=stderr)
    except BrokenPipeError:
        if not stderr:
            raise
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Drop all further output to a stream whose reader has left, as in `... | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_json(value: Any) -> None:
    """Print a value as one line of JSON, exact and in ASCII."""
    print(json.dumps(value))


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table without lines, each row on a line of its own."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[str] = ()
    """Columns of numbers, aligned to the right."""
    cut: str = ""
    """The column of names, which lose their front if the screen is too narrow."""
    drop: Sequence[str] = ()
    """Columns that are left out on a narrow screen, in this order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", [[visible(cell) for cell in row] for row in self.rows])

    @property
    def width(self) -> int:
        return sum(self._widths()) + GAP * (len(self.columns) - 1)

    def fitted(self, width: int) -> Grid:
        """Return the table in at most `width` characters, as far as possible."""
        if self.width <= width:
            return self
        if droppable := [name for name in self.drop if name in self.columns]:
            return self._without(droppable[0]).fitted(width)
        if self.cut not in self.columns:
            return self
        place = self.columns.index(self.cut)
        room = max(SHORTEST_NAME, self._widths()[place] - (self.width - width))
        rows = [[cut_front(cell, room) if n == place else cell for n, cell in enumerate(row)] for row in self.rows]
        return replace(self, rows=rows)

    def lines(self) -> Iterator[str]:
        """Yield the heading, then the rows."""
        widths = self._widths()
        for row in (self.columns, *self.rows):
            cells = zip(self.columns, row, widths, strict=True)
            padded = (_padded(cell, wide, right=name in self.right) for name, cell, wide in cells)
            yield (" " * GAP).join(padded).rstrip()

    def _without(self, name: str) -> Grid:
        place = self.columns.index(name)
        kept = [[cell for n, cell in enumerate(row) if n != place] for row in (self.columns, *self.rows)]
        return replace(self, columns=kept[0], rows=kept[1:])

    def _widths(self) -> list[int]:
        from rich.cells import cell_len

        return [max(map(cell_len, column)) for column in zip(self.columns, *self.rows, strict=True)]


def _padded(cell: str, width: int, *, right: bool) -> str:
    from rich.cells import cell_len

    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space


def show(screen: Console, grid: Grid) -> None:
    """Print a table, fitted to a terminal's width, in full width elsewhere."""
    from rich.text import Text

    heading, *rows = (grid.fitted(screen.width) if screen.is_terminal else grid).lines()
    screen.print(Text(heading, style="dim"))
    for row in rows:
        screen.print(Text(row))


def moment(iso: str) -> str:
    """Format a time of the API in local time, with the day only if it is not today."""
    try:
        time = datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return iso
    today = time.date() == datetime.now().astimezone().date()
    return f"{time:%H:%M:%S}" if today else f"{time:%Y-%m-%d %H:%M}"


def seconds(number: float) -> str:
    """Format a duration for the operator."""
    if number < 10:
        return f"{number:.1f} s"
    return f"{number:.0f} s" if number < 120 else f"{number / 60:.0f} min"


def size(number: float) -> str:
    """Format a number of bytes for the operator."""
    for unit in ("B", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
