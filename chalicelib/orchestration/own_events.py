"""What an event has for Landfall, whatever the event is: every handler reads its events here.

Guarantees that an event of another origin (`s3:TestEvent`, an empty one, a message of another sender, another service's
record) does nothing but one line `not_ours` in the log. It raises nothing, so the event does not come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from chalice.app import BaseLambdaEvent

from chalicelib.domain.run.events import records
from chalicelib.observe import note

T = TypeVar("T")
Handler = TypeVar("Handler")


class AnyEvent(BaseLambdaEvent):
    """An event of which no field is read before the handler looks at it. Chalice's own ones may raise KeyError."""

    def _extract_attributes(self, event_dict: dict[str, Any]) -> None:
        """Read nothing."""


def any_event(handler: Handler) -> Handler:
    """Let a handler of Chalice take events of any form."""
    handler.event_class = AnyEvent  # type: ignore[attr-defined]
    return handler


def ours(event: Any, read: Callable[[Any], Iterable[T]]) -> list[T]:
    """Return what `read` finds in an event. If it finds nothing in it, or in some of its records, log that."""
    found = list(read(event))
    if (others := max(len(records(event)), 1) - len(found)) > 0:
        note("not_ours", {"handler": read.__name__, "others": others, "found": len(found)})
    return found
