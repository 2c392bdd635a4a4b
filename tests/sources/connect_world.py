"""An instance of Amazon Connect that a site reads."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.sources.connect.source import ConnectSource
from chalicelib.sources.source import Source, Surroundings
from tests.sources.connect_server import INSTANCE, Connect

ENDED = 'dataset = "contacts"\ntime = "DISCONNECT_TIMESTAMP"'


class ConnectWorld:
    """Contacts that have ended, or another dataset."""

    def __init__(
        self, clock: MemoryClock, server: Connect, more: str = ENDED, window: str = "from = 2027-01-12"
    ) -> None:
        self.slept: list[float] = []
        self.clock, self.server, self.instance = clock, server, server.instance
        self.instance.__init__()  # type: ignore[misc]  # a server serves many worlds, one after another
        self.source_toml = f"""
kind = "connect"
every = "5m"
{window}

[source.connect]
instance = "{INSTANCE}"
{more}
"""

    def add(self, moment: float, name: str) -> None:
        at = datetime.fromtimestamp(moment, UTC)
        self.instance.contacts.append({"Id": name, "InitiationTimestamp": at, "DisconnectTimestamp": at})

    def connect(self, object: str, settings: SourceSettings) -> Source:
        around = Surroundings(object=object, settings=settings, secret=dict, now=self.clock.now, aws=self.server.aws)
        return ConnectSource(around, sleep=self.slept.append)
