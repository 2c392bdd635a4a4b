"""Positions in a source, as texts that sort as the positions do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum

DIGITS = 20
_NUMBER = re.compile(r"[0-9]{1,20}")


def landing_folder(object: str) -> str:
    """Return the folder in which the files of a source land."""
    return f"incoming/{object}/"


class PositionError(ValueError):
    """A text that is no position; the message names the fix."""


class Cursor(Enum):
    """What the rows of a source are ordered by."""

    TIME = "time"  # a moment, in UTC
    NUMBER = "number"  # a whole number that only grows

    def position(self, text: str) -> str:
        """Return the position that a person wrote. Raises PositionError."""
        if self is Cursor.NUMBER:
            if not _NUMBER.fullmatch(text):
                raise PositionError(f'"{text}" is not a whole number of at most {DIGITS} digits')
            return text.zfill(DIGITS)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise PositionError(f'"{text}" is not a time; write one such as 2026-01-31T00:00:00Z') from None
        return at(moment)


def at(moment: datetime) -> str:
    """Return the position of a moment. One without a time zone is taken as UTC."""
    utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def at_seconds(seconds: float) -> str:
    """Return the position of a moment in seconds since 1970, to the second before it."""
    return at(datetime.fromtimestamp(int(seconds), UTC))


def moment_of(position: str) -> datetime:
    """Return the moment of a position."""
    return datetime.fromisoformat(position)


def earlier(position: str, seconds: float) -> str:
    """Return a position so many seconds before another one, and not before 1970."""
    return at_seconds(max(moment_of(position).timestamp() - seconds, 0)) if seconds else position
