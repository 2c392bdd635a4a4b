"""`landfall --version`."""

from __future__ import annotations

import typer


def show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from landfall.screen import say

        say(f"landfall {version('landfall')}")
        raise typer.Exit
