"""The client of Landfall. `push` sends a DataFrame; the command line is in `landfall.main`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landfall.faults import CommandError
    from landfall.notebook.frame_error import FrameError
    from landfall.notebook.push import Pushed, push

__all__ = ["CommandError", "FrameError", "Pushed", "push"]

_MODULES = {
    "CommandError": "landfall.faults",
    "FrameError": "landfall.notebook.frame_error",
    "Pushed": "landfall.notebook.push",
    "push": "landfall.notebook.push",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that the command line starts without it."""
    from importlib import import_module

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
