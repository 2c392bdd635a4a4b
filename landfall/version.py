"""`landfall --version`."""

from __future__ import annotations

import typer


def show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        from landfall.screen import say

        say(f"landfall {version('landfall')}")
        raise typer.Exit
