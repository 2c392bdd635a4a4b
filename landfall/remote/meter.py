"""Progress on a terminal: one line on standard error, which is cleared when the work is done."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

BAR_WIDTH = 20


class Meter:
    """Shows progress on a terminal or in a notebook, unless `quiet` is set. Leaving the context clears the line."""

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self.shown = not quiet and (console.is_terminal if console else sys.stderr.isatty() or in_notebook())
        self._progress = _progress(console) if self.shown else None
        self._task = self._progress.add_task("", visible=False, percent="") if self._progress else None

    def __enter__(self) -> Meter:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, text: str, percent: float | None) -> None:
        """Replace the line. `percent` is None while it is unknown."""
        if self._progress is None or self._task is None:
            return
        shown = "" if percent is None else f"{percent:3.0f} %"
        self._progress.update(
            self._task, description=visible(text), completed=percent or 0.0, percent=shown, visible=True
        )

    def refresh(self) -> None:
        """Write the line now. Without this it is written ten times a second."""
        if self._progress:
            self._progress.refresh()


def in_notebook(modules: Mapping[str, object] = sys.modules, widgets: str = "ipywidgets") -> bool:
    """Whether this is a notebook that can show rich's progress, which needs ipywidgets there."""
    if "ipykernel" not in modules:
        return False
    from importlib.util import find_spec

    return find_spec(widgets) is not None


def _progress(console: Console | None) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    return Progress(
        BarColumn(BAR_WIDTH),
        TextColumn("{task.fields[percent]}", markup=False),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console or Console(stderr=True, markup=False, highlight=False, emoji=False),
        transient=True,
    )
