"""What sources of a local stack read, all on this machine: an API, Amazon Connect, a sheet, a database, one's own code.

Each world holds ids and the moments of their last changes. A further kind is a class like these, and its line in
`MEMBERS`. The app on the stack is a copy with the contracts of the worlds, and with other addresses than Google's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from chalicelib.adapters.memory import MemoryClock
from chalicelib.sources.sheets.service import GOOGLE
from chalicelib.sources.sheets.source import PAGE_CELLS
from local.aws.clients import client
from local.record import Record
from tests.shipped import ROOT, others
from tests.sources.connect_server import Connect, served_connect
from tests.sources.connect_world import ConnectWorld
from tests.sources.google_server import Google, number, served_google
from tests.sources.http_world import SECRET, HttpWorld, Served, served
from tests.sources.mysql_world import server
from tests.sources.on_databases import on_mysql, on_postgresql
from tests.sources.sheets_world import SheetsWorld, secret, serial
from tests.sources.stack_world import PAGE, StackWorld

COLUMNS = 4
"""Of the sheet."""
CONTRACTS = "chalicelib/contracts"


class OnHttp(StackWorld):
    """An API with OAuth2, whose pages are requested by cursors."""

    name = "from_http"
    secret = SECRET
    api = ("cursor", "oauth2")

    def __init__(self, server: Served) -> None:
        super().__init__()
        self.server, self._asked = server, 0
        size = f'size = {PAGE}\nsize_parameter = "limit"\n'
        toml = HttpWorld(MemoryClock(), server, *self.api).source_toml
        self.source_toml = toml.replace("[source.http.paging]\n", f"[source.http.paging]\n{size}")

    def commit(self, key: str, moment: int, *, new: bool) -> None:
        kept = [row for row in self.server.api.rows if new or row[1] != key]
        self.server.api.rows = [*kept, (moment, key)]

    def is_read(self) -> bool:
        before, self._asked = self._asked, len(self.server.api.requests)
        return self._asked > before


class OnOwnCode(OnHttp):
    """An API that is read by a module which the operator added to the app."""

    name = "from_own_code"
    secret: Mapping[str, str] = {}
    api = ("link", "none")

    def __init__(self, server: Served) -> None:
        super().__init__(server)
        options = f'url = "{server.origin}/cursor/none"\nlimit = "{PAGE}"'
        source = 'kind = "custom"\nfactory = "chalicelib.sources.own:Own"\nevery = "5m"\nfrom = 2020-01-01'
        self.source_toml = f"{source}\n\n[source.options]\n{options}\n"


class OnSheets(StackWorld):
    """A sheet of a spreadsheet, which is read in whole whenever it has changed."""

    name = "from_sheets"
    schedule = '"1m"'

    def __init__(self, google: Google) -> None:
        super().__init__()
        self._world, self.google, self._asked = SheetsWorld(MemoryClock(), google), google, 0
        self.secret, self.source_toml = secret(google), self._world.source_toml
        self._places: dict[str, int] = {}

    def commit(self, key: str, moment: int, *, new: bool) -> None:
        drive = self.google.drive
        if new:
            self._places[key] = drive.sheet.rows if self._places else 2
            self._world.add(moment, key)
            return
        local = datetime.fromtimestamp(moment, ZoneInfo(drive.zone))
        drive.sheet.write(self._places[key], number(repr(serial(local)), "DATE_TIME"), left=1)
        drive.version += 1

    def is_read(self) -> bool:
        before, self._asked = self._asked, len(self.google.drive.requests)
        return self._asked > before

    def position(self) -> str:
        return f"{self.google.drive.version:020}"


class OnConnect(StackWorld):
    """Contacts of Amazon Connect, which change by their ends."""

    name = "from_connect"
    secret: Mapping[str, str] = {}

    def __init__(self, server: Connect) -> None:
        super().__init__()
        self._world = ConnectWorld(
            MemoryClock(), server, window=f"from = {datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
        )
        self.source_toml, self.settings = self._world.source_toml, {"AWS_ENDPOINT_URL_CONNECT": server.origin}
        self.instance, self._asked = server.instance, 0
        self.instance.page = PAGE

    @property
    def contract(self) -> str:
        text = super().contract.replace('"timestamptz"', '"timestamptz", path = "DisconnectTimestamp"')
        return text.replace("\n[columns]", 'extra_columns = "ignore"\n\n[columns]')

    def commit(self, key: str, moment: int, *, new: bool) -> None:
        self.instance.contacts = [one for one in self.instance.contacts if new or one["Id"] != key]
        self._world.add(moment, key)

    def is_read(self) -> bool:
        before, self._asked = self._asked, len(self.instance.requests)
        return self._asked > before


def _on_http(_folder: Path) -> Iterator[StackWorld]:
    yield from map(OnHttp, served())


def _on_own_code(_folder: Path) -> Iterator[StackWorld]:
    yield from map(OnOwnCode, served())


def _on_connect(_folder: Path) -> Iterator[StackWorld]:
    yield from map(OnConnect, served_connect())


def _on_sheets(_folder: Path) -> Iterator[StackWorld]:
    yield from map(OnSheets, served_google())


MEMBERS = (_on_http, _on_connect, _on_sheets, on_postgresql, *((on_mysql,) if server() else ()), _on_own_code)
"""One of each kind that this machine can have. Each yields its world once, while its server runs."""


@contextmanager
def worlds(folder: Path) -> Iterator[list[StackWorld]]:
    """Start what the sources read; servers keep their files in a folder."""
    with ExitStack() as servers:
        yield [servers.enter_context(contextmanager(member)(folder)) for member in MEMBERS]


def app_of(folder: Path, found: Sequence[StackWorld]) -> Path:
    """Make an app with the shipped contracts and those of the worlds. Return its folder."""
    app = folder / "app"
    app.mkdir(parents=True)
    shutil.copy(ROOT / "app.py", app)
    built = shutil.ignore_patterns("__pycache__", "deployments")
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / name, app / name, ignore=lambda at, names: {*built(at, names), *others(at, names)})
    shutil.copy(Path(__file__).with_name("own_source.py"), app / "chalicelib/sources/own.py")
    for world in found:
        (app / CONTRACTS / f"{world.name}.toml").write_text(world.contract)
        if isinstance(world, OnSheets):
            _redirect(app / "chalicelib/sources/sheets", world.google)
    return app


def _redirect(folder: Path, google: Google) -> None:
    """Write the addresses of a server on this machine in place of Google's, and small pages in place of large ones."""
    text = (folder / "service.py").read_text()
    for field in fields(GOOGLE):
        text = text.replace(f'"{getattr(GOOGLE, field.name)}"', f'"{getattr(google.service, field.name)}"')
    (folder / "service.py").write_text(text)
    large = (folder / "source.py").read_text()
    (folder / "source.py").write_text(large.replace(f"PAGE_CELLS = {PAGE_CELLS:_}", f"PAGE_CELLS = {PAGE * COLUMNS}"))


def settings_of(found: Sequence[StackWorld]) -> dict[str, str]:
    """Return the settings that the stack needs for the worlds."""
    return {key: value for world in found for key, value in world.settings.items()}


def store_secrets(found: Sequence[StackWorld], record: Record) -> None:
    """Make the secrets of the worlds on a stack."""
    secrets = client("secretsmanager", record.ports.url("aws"), record.credentials)
    for world in found:
        if world.secret:
            secrets.create_secret(Name=f"landfall-local-source/{world.name}", SecretString=json.dumps(world.secret))
