"""The one error of this package."""

from __future__ import annotations


class SqlRefusedError(Exception):
    """Redshift refuses this SQL, or this stand-in does not emulate it; the message names which."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def not_redshift(what: str) -> SqlRefusedError:
    return SqlRefusedError(f"{what} is not supported by Amazon Redshift")


def not_emulated(what: str) -> SqlRefusedError:
    return SqlRefusedError(f"{what} is not emulated by the local Redshift")
