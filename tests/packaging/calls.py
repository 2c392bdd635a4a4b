"""The calls that functions make, and a Data API that takes them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import EndpointConnectionError

from chalicelib.adapters.memory import MemoryWarehouse
from chalicelib.adapters.redshift_data import RedshiftData
from chalicelib.adapters.warehouse_login import WarehouseLogin
from tests.packaging.rights import Right, rights

RESULTS = "landfall-dev-results.fifo"


@dataclass(kw_only=True)
class Calls:
    """What each function called, and the work that it sent."""

    by: str = ""
    """The function at work; empty while people or AWS are."""
    rights: defaultdict[str, set[Right]] = field(default_factory=lambda: defaultdict(set))
    names: set[str] = field(default_factory=set)
    """`service:Call` of every call."""
    sent: deque[tuple[str, str]] = field(default_factory=deque)
    later: deque[tuple[str, str]] = field(default_factory=deque)
    """Queue and body of messages."""
    unanswered: set[tuple[str, str]] = field(default_factory=set)
    """Functions and calls: the next such call gets no answer."""

    def watched(self, made: Any) -> Any:
        """The client, whose calls are noted from now on."""
        made.meta.events.register("provide-client-params", self._requested)
        return made

    def _requested(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.note(model.service_model.service_name, model.name, params)

    def note(self, service: str, call: str, request: dict[str, Any]) -> None:
        """One call. Raises what botocore raises if nobody answers."""
        self.names.add(f"{service}:{call}")
        self.rights[self.by] |= rights(service, call, request)
        if (self.by, call) in self.unanswered:
            self.unanswered.remove((self.by, call))
            raise EndpointConnectionError(endpoint_url=service)
        for message in [request, *request.get("Entries", [])]:
            queue = request.get("QueueUrl", "").rpartition("/")[2]
            if "MessageBody" in message and queue != RESULTS:
                (self.later if message.get("DelaySeconds") else self.sent).append((queue, message["MessageBody"]))


class DataApi:
    """A Data API that takes everything and knows nothing."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def request(**params: Any) -> dict[str, Any]:
            self._calls.note("redshift-data", "".join(map(str.title, method.split("_"))), params)
            return {"Id": "statement", "Status": "FINISHED", "Records": []}

        return request


class Taking:
    """A connection, and its cursor, that takes everything."""

    paramstyle = "named"

    def cursor(self) -> Taking:
        return self

    def execute(self, operation: str, args: object = None) -> None:
        """Take a statement."""

    def commit(self) -> None:
        """Take the transaction."""

    def close(self) -> None:
        """End."""


class Login(WarehouseLogin):
    """Reads its secret, and is let in."""

    def _opened(self) -> Taking:
        self._login = self._login or self._read()
        return Taking()


class Warehouse:
    """Asks as the adapter asks, and answers as memory does."""

    def __init__(self, asks: RedshiftData, knows: MemoryWarehouse) -> None:
        self._asks, self._knows = asks, knows

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def both(*about: Any, **named: Any) -> Any:
            getattr(self._asks, method)(*about, **named)
            return getattr(self._knows, method)(*about, **named)

        return both
