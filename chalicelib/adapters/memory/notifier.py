"""SNS in memory: its subscribers read the message from the mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.run.notices import mail, read_mail


class MemoryNotifier:
    """Keeps the messages in order, with repeats."""

    def __init__(self) -> None:
        self.successes: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []

    def success(self, message: Mapping[str, Any]) -> None:
        self.successes.append(read_mail(mail(message)))

    def failure(self, message: Mapping[str, Any]) -> None:
        self.failures.append(read_mail(mail(message)))
