"""Files and folders that only the stack's own user may read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any


def make_private(folder: Path) -> None:
    """Make the folder if it is missing, and remove the rights of other users."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def open_private(path: Path, *, append: bool = False) -> IO[Any]:
    """Open a file for writing that only its owner can read, even if others could read it before."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC), 0o600)
    os.fchmod(opened, 0o600)
    return os.fdopen(opened, "a" if append else "w")


def write_private(path: Path, text: str) -> None:
    """Write such a file."""
    with open_private(path) as out:
        out.write(text)
