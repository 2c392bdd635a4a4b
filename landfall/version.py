"""`landfall --version`."""

from __future__ import annotations

import typer


def version() -> str:
    """Return the installed version of the package."""
    from importlib import metadata

    return metadata.version("landfall")


def show_version(wanted: bool) -> None:
    if wanted:
        from landfall.screen import print_lines

        print_lines(f"landfall {version()}")
        raise typer.Exit
