"""A Google spreadsheet that a site reads."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.sources.sheets.google import Google as Client
from chalicelib.sources.sheets.source import SheetsSource
from chalicelib.sources.source import Source, Surroundings
from tests.sources.google_server import EMAIL, FILE, Google, keys, number, text
from tests.sources.site import CONTRACT

TWO_ROWS = 8
"""Cells of two rows."""


def secret(google: Google) -> dict[str, str]:
    """The key of a service account, as Google gives it."""
    return {
        "type": "service_account",
        "client_email": EMAIL,
        "private_key": keys()[0],
        "private_key_id": "KEY-of-the-secret",
        "token_uri": google.service.token,
    }


def serial(moment: datetime) -> float:
    """The number of a local moment."""
    return (moment.replace(tzinfo=UTC) - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86_400


class SheetsWorld:
    """A sheet whose rows have an id and a moment."""

    def __init__(self, clock: MemoryClock, google: Google, more: str = "") -> None:
        self.slept: list[float] = []
        self.clock, self.google, self.drive = clock, google, google.drive
        self.drive.__init__()  # type: ignore[misc]  # a server serves many worlds, one after another
        self.drive.sheet.write(1, text("id"), text("Updated at"))
        self.source_toml = f"""
kind = "sheets"
every = "5m"
secret = "thing"

[source.sheets]
spreadsheet = "{FILE}"
{more}
"""
        self.client = Client(secret(google), google.service, FILE, sleep=self.slept.append)
        self.columns = read_contract("thing.toml", (CONTRACT + self.source_toml).encode()).columns

    def add(self, moment: float, name: str) -> None:
        sheet, local = self.drive.sheet, datetime.fromtimestamp(moment, ZoneInfo(self.drive.zone))
        row = max(row for row, _ in sheet.cells) + 1
        sheet.write(row, text(name), number(repr(serial(local)), "DATE_TIME"))
        sheet.rows = row + 1
        self.drive.version += 1

    def connect(self, object: str, settings: SourceSettings) -> Source:
        around = Surroundings(
            object=object,
            settings=settings,
            secret=lambda: secret(self.google),
            now=self.clock.now,
            columns=self.columns,
            loopback=True,
        )
        return SheetsSource(around, self.client, TWO_ROWS)
