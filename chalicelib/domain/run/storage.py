"""Where S3 keeps an object, as far as a read depends on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ColdStorage:
    """The state of an object that must be restored before it can be read."""

    storage_class: str
    """S3's name: GLACIER or DEEP_ARCHIVE."""
    restoring: bool
    """Whether a restore was requested and has not ended."""
