"""One check of the account, and the look that stands for a call that AWS did not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from deploy.preflight.planned import Planned
from landfall.doctor.report import Look, warning

REFUSED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "Forbidden",
        "UnauthorizedOperation",
        "403",
    }
)
"""Codes by which services refuse a caller who lacks a right."""

FREE = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "EntityNotFoundException",
        "NoSuchBucket",
        "ClusterNotFound",
        "NoSuchEntity",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
    }
)
"""Codes by which services report that nothing has the name."""
UNANSWERED = (BotoCoreError, ClientError, ResponseParserError)
"""Errors of a call that was not answered. An emulator refuses a service that it lacks in a form of its own."""
LONGEST = 160
"""Characters of a foreign error that are shown."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of the account. It returns one or more looks."""

    name: str
    needs: tuple[str, ...]
    """IAM's actions that the check takes."""
    look: Callable[[Planned], Look | Iterable[Look]]

    def made(self, planned: Planned) -> list[Look]:
        """Look. What AWS does not answer is a warning, never good; what was seen before it stays."""
        looks: list[Look] = []
        try:
            found = self.look(planned)
            looks.extend([found] if isinstance(found, Look) else found)
        except UNANSWERED as error:
            looks.append(self._unseen(error))
        return looks

    def _unseen(self, error: Exception) -> Look:
        """Return the look that stands for an error."""
        needs = ", ".join(self.needs)
        if code_of(error) in REFUSED:
            return warning(self.name, f"cannot be seen: you may not call {needs}", f"allow {needs}, to see it")
        return warning(self.name, f"cannot be seen here: {' '.join(str(error).split())[:LONGEST]}")


def code_of(error: Exception) -> str:
    """Return the code of AWS's error; empty for an error of the client."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""
