"""The faults of a DataFrame, which are found before anything is sent."""

from __future__ import annotations

from landfall.faults import CommandError, ExitCode


class FrameError(CommandError):
    """A frame that its contract cannot read, or a value that cannot be written exactly. Nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.USAGE)


class UnwritableError(ValueError):
    """A value that cannot be written exactly. The message has the reason and the fix."""
