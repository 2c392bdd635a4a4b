"""The lines of code that an error passed. Its text is left out: an unexpected exception may quote a row."""

from __future__ import annotations

import traceback
from pathlib import PurePath


def trace(error: BaseException) -> str:
    """Return the lines of code that the error passed, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
