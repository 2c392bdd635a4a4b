"""The client of Landfall. `push` sends a DataFrame; the command line is in `landfall.main`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landfall.faults import CommandError
    from landfall.notebook.frame_error import FrameError
    from landfall.notebook.push import Pushed, push

__all__ = ["CommandError", "FrameError", "Pushed", "push"]


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that the command line starts without it."""
    from importlib import import_module

    if name == "CommandError":
        return import_module("landfall.faults").CommandError
    if name == "FrameError":
        return import_module("landfall.notebook.frame_error").FrameError
    if name in ("Pushed", "push"):
        return getattr(import_module("landfall.notebook.push"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
