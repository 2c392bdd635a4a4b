"""The contracts of Salesforce and Zendesk in docs/sources.md, read from servers that answer as these do."""

from __future__ import annotations

import base64
import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.contract.dialect import NULL_WORD
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.sources.registry import connect
from chalicelib.sources.source import Source, Surroundings
from tests.sources.server import Answer, Handler, claims_of, serving
from tests.sources.site import Site
from tests.support.paths import ROOT
from tests.support.settings import BUCKET
from tests.support.staged_rows import staged

TEXT = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
BEGIN = 1_800_000_000.0
KEY = rsa.generate_private_key(65_537, 2_048)
SALESFORCE = {
    "client_id": "3MVG9-consumer-key",
    "username": "landfall@acme.example",
    "private_key": KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
}
AGENT = "landfall@acme.example/token"
ZENDESK = {"username": AGENT, "password": AGENT[::-1]}


class ExampleWorld:
    """The source of a contract in the documentation, at a server on this machine."""

    def __init__(self, name: str, host: str, origin: str, secret: Mapping[str, str]) -> None:
        text = f'name = "{name}"' + TEXT.partition(f'\nname = "{name}"')[2].partition("```")[0]
        assert host in text
        self.text = text.replace(f"https://{host}", origin)
        self.contract = read_contract(f"{name}.toml", self.text.encode())
        self.source_toml = self.text.partition("[source]\n")[2]
        self.clock, self._secret = MemoryClock(BEGIN), secret

    def add(self, moment: float, name: str) -> None:
        raise NotImplementedError

    def connect(self, object: str, settings: SourceSettings) -> Source:
        around = Surroundings(
            object=object, settings=settings, secret=lambda: self._secret, now=self.clock.now, loopback=True
        )
        return connect(around)


def landed(site: Site, world: ExampleWorld) -> list[list[str]]:
    """The rows as they are staged, without what is staged before their columns. None is a reject."""
    rows: list[list[str]] = []
    for key in site.files():
        good, reasons = staged(world.contract, site.objects.get(BUCKET, key), 1 << 20)
        assert not reasons
        rows += [row[2:] for row in csv.reader(line.decode() for line in good)]
    return rows


@dataclass
class Salesforce:
    """An org with accounts. Pages have two records, and a session ends after the first page."""

    accounts: list[tuple[str, str, str]]
    origin: str = ""
    tokens: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    expired: bool = False

    def token(self, sent: Mapping[str, str]) -> Answer:
        claims = claims_of(sent["assertion"], KEY.public_key())
        assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert (claims["iss"], claims["sub"]) == (SALESFORCE["client_id"], SALESFORCE["username"])
        assert claims["aud"] == "https://login.salesforce.com"
        assert BEGIN < claims["exp"] < BEGIN + 300
        self.tokens.append(f"00D!{len(self.tokens)}")
        answer = {"access_token": self.tokens[-1], "scope": "api", "instance_url": self.origin, "token_type": "Bearer"}
        return 200, {}, json.dumps(answer).encode()

    def page(self, path: str, query: Mapping[str, str], bearer: str) -> Answer:
        if bearer != f"Bearer {self.tokens[-1]}" or (self.asked and not self.expired):
            self.expired = True
            return 401, {}, b'[{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]'
        first = 0
        if found := re.fullmatch(r"/services/data/v62\.0/query/01g-(\d+)", path):
            first = int(found[1])
        else:
            assert path == "/services/data/v62.0/query"
            self.asked.append(query["q"])
        rows = self._found()
        page = {
            "totalSize": len(rows),
            "done": first + 2 >= len(rows),
            **({"nextRecordsUrl": f"/services/data/v62.0/query/01g-{first + 2}"} if first + 2 < len(rows) else {}),
            "records": rows[first : first + 2],
        }
        return 200, {}, json.dumps(page).encode()

    def _found(self) -> list[dict[str, Any]]:
        """The answer to the last query, of the one form that is asked."""
        query = re.fullmatch(
            r"SELECT Id, Name, SystemModstamp FROM Account\n"
            r"WHERE SystemModstamp >= (\S+Z) AND SystemModstamp <= (\S+Z) ORDER BY SystemModstamp, Id",
            self.asked[-1],
        )
        assert query, self.asked[-1]
        within = [row for row in self.accounts if query[1] <= row[2] <= query[2]]
        return [
            {
                "attributes": {"type": "Account", "url": f"/services/data/v62.0/sobjects/Account/{number}"},
                "Id": number,
                "Name": name,
                "SystemModstamp": f"{moment[:-1]}.000+0000",
            }
            for number, name, moment in sorted(within, key=lambda row: (row[2], row[0]))
        ]


def salesforce_handler(org: Salesforce) -> type[Handler]:
    class Org(Handler):
        def do_POST(self) -> None:
            self.answer(org.token(dict(parse_qsl(self.sent()))))

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.answer(org.page(parts.path, dict(parse_qsl(parts.query)), self.headers["Authorization"]))

    return Org


def test_accounts_of_salesforce_land_once() -> None:
    org = Salesforce([(f"001{n:015}", f"Account {n}", f"2027-01-1{n}T12:00:00Z") for n in range(6)])
    with serving(salesforce_handler(org)) as origin:
        org.origin = origin
        world = ExampleWorld("account", "acme.my.salesforce.com", origin, SALESFORCE)
        site = Site(world)
        site.tick()
        rows = landed(site, world)
    assert len(org.tokens) == 2, "one token, and another one after the session ended"
    assert rows == [[f"001{n:015}", f"Account {n}", f"2027-01-1{n}T12:00:00.000+0000"] for n in range(5)]
    assert org.asked[0].count("2026-01-01T00:00:00Z") == 1


@dataclass
class Zendesk:
    """Tickets that changed since a moment. The second page is refused once for half an hour."""

    tickets: int
    limited: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    def page(self, path: str, query: dict[str, str], basic: str) -> Answer:
        pair = f"{ZENDESK['username']}:{ZENDESK['password']}".encode()
        assert basic == f"Basic {base64.b64encode(pair).decode()}"
        assert path == "/api/v2/incremental/tickets/cursor.json"
        first = int(query.get("cursor", "c0")[1:])
        if first and not self.limited:
            self.limited += 1
            return 429, {"Retry-After": "1800"}, b'{"error": "TooManyRequests"}'
        self.asked.append(query)
        tickets = [
            {"id": n, "subject": None if n == 1 else f'"{n}"', "status": "open", "updated_at": "2027-01-15T07:00:00Z"}
            for n in range(first, min(first + 2, self.tickets))
        ]
        after = first + len(tickets)
        page = {"tickets": tickets, "after_cursor": f"c{after}", "end_of_stream": after >= self.tickets}
        return 200, {}, json.dumps(page).encode()


def zendesk_handler(help_desk: Zendesk) -> type[Handler]:
    class HelpDesk(Handler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.answer(help_desk.page(parts.path, dict(parse_qsl(parts.query)), self.headers["Authorization"]))

    return HelpDesk


@pytest.mark.parametrize("mb", [0.000001, 16.0])
def test_tickets_of_zendesk_land_after_the_pause(mb: float) -> None:
    help_desk = Zendesk(tickets=5)
    with serving(zendesk_handler(help_desk)) as origin:
        world = ExampleWorld("ticket", "acme.zendesk.com", origin, ZENDESK)
        site = Site(world, mb=mb)
        site.ticks(29)
        assert help_desk.limited == 1
        assert len(help_desk.asked) == 1, "the server asked for half an hour"
        site.ticks(3)
        rows = landed(site, world)
    assert sorted(rows) == [
        [str(n), NULL_WORD if n == 1 else f'"{n}"', "open", "2027-01-15T07:00:00Z"] for n in range(5)
    ]
    assert {query["start_time"] for query in help_desk.asked} == {"1767225600"}
    assert {query["per_page"] for query in help_desk.asked} == {"1000"}
    assert (site.progress.code, site.notifier.failures) == ("", [])
