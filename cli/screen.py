"""How text is shown to people: in colour on a terminal, as plain lines of any width elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PLAIN_WIDTH = 160


def console(*, stderr: bool = False) -> Console:
    """Text is never cut where it goes to a file or a pipe, and never read as markup."""
    from rich.console import Console

    plain = Console(stderr=stderr, markup=False, highlight=False, soft_wrap=True, emoji=False)
    if not plain.is_terminal:
        plain.width = PLAIN_WIDTH
    return plain


def grid(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> Table:
    """A table without lines; the columns in `right` are numbers."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(text) for text in row))
    return table


def seconds(number: float) -> str:
    """A duration as people say it."""
    if number < 10:
        return f"{number:.1f} s"
    return f"{number:.0f} s" if number < 120 else f"{number / 60:.0f} min"


def size(number: float) -> str:
    """Bytes as people say them."""
    for unit in ("B", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
