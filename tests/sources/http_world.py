"""An API on this machine: a growing table behind every kind of paging and authentication, with faults on demand."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.source.position import at_seconds
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.sources.registry import connect
from chalicelib.sources.source import Source, Surroundings, Window
from tests.sources.server import Answer, Handler, claims_of, serving
from tests.sources.site import Site

BEGIN = 1_800_000_000.0
WINDOW = Window(start="2020-01-01T00:00:00.000000Z", stop="2030-01-01T00:00:00.000000Z")
ALL = [f"r{number}" for number in range(5)]
"""The rows of a world that is filled."""
PAGE = 2
KEY = rsa.generate_private_key(65_537, 2_048)
SECRET = {
    "token": "TOKEN-of-the-secret",
    "username": "USER-of-the-secret",
    "password": "PASSWORD-of-the-secret",
    "client_id": "ID-of-the-secret",
    "client_secret": "CLIENT-of-the-secret",
    "private_key": KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
}
AUDIENCE = "https://login.api.example"


@dataclass
class Api:
    """The table, the tokens that are valid, and what is answered instead of the next pages."""

    rows: list[tuple[float, str]] = field(default_factory=list)
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """Path and headers of each request."""
    instead: list[Answer | Callable[[Answer], Answer]] = field(default_factory=list)
    """Answers in place of those of the next requests for pages."""
    valid: set[str] = field(default_factory=lambda: {SECRET["token"]})
    issued: int = 0
    claims: list[dict[str, Any]] = field(default_factory=list)
    """What each assertion states."""
    instance: str = ""
    """The origin that tokens are for, if answers name one."""

    def token(self, sent: Mapping[str, str]) -> Answer:
        if "assertion" in sent:
            self.claims.append(claims_of(sent["assertion"], KEY.public_key()))
            good = sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        else:
            good = (sent["client_id"], sent["client_secret"]) == (SECRET["client_id"], SECRET["client_secret"])
        if not good or sent.get("scope") != "read":
            return 400, {}, b'{"error": "invalid_grant", "error_description": "SECRET-ROW"}'
        self.issued += 1
        token = f"ISSUED-{self.issued}-of-the-secret"
        self.valid = {SECRET["token"], token}
        more = {"instance_url": self.instance} if self.instance else {}
        return 200, {}, json.dumps({"access_token": token, "token_type": "bearer", **more}).encode()

    def page(self, path: str, query: Mapping[str, str], headers: Mapping[str, str], origin: str) -> Answer:
        if not self._allowed(path, headers):
            return 401, {}, b'{"error": "expired"}'
        answer = self._page(path, query, origin)
        if not self.instead:
            return answer
        instead = self.instead.pop(0)
        return instead(answer) if callable(instead) else instead

    def _allowed(self, path: str, headers: Mapping[str, str]) -> bool:
        pair = f"{SECRET['username']}:{SECRET['password']}".encode()
        given = headers.get("Authorization", ""), headers.get("X-Key", "")
        bearers = {f"Bearer {token}" for token in self.valid}
        match path.split("/")[2]:
            case "basic":
                return given[0] == f"Basic {base64.b64encode(pair).decode()}"
            case "header":
                return given[1] == SECRET["token"]
            case "none":
                return given == ("", "")
        return given[0] in bearers

    def _page(self, path: str, query: Mapping[str, str], origin: str) -> Answer:
        since, until = query.get("since", ""), query.get("until", "9")
        found = sorted((at_seconds(moment).replace(".000000Z", "Z"), name) for moment, name in self.rows)
        found = [row for row in found if since <= row[0] <= until]
        kind, size = path.split("/")[1], int(query.get("limit", PAGE))
        first = {
            "page": (int(query.get("page", 1)) - 1) * size,
            "offset": int(query.get("offset", 0)),
        }.get(kind, sum(" ".join(row) <= query.get("after", "") for row in found))
        if kind == "none":
            first, size = 0, len(found) or 1
        items = [{"id": name, "updated_at": moment} for moment, name in found[first : first + size]]
        more = first + size < len(found)
        body: dict[str, Any] = {"data": {"items": items}, "meta": {"more": more, "end": not more}}
        following = " ".join(found[first + size - 1]) if more else ""  # a row, so that rows that move skip none
        url = f"{path}?{urlencode({**query, 'after': following})}"
        if more:
            body["meta"]["after"], body["meta"]["next"] = following, url
        headers = (
            {"Link": f'<{origin}/first>; rel="first", <{origin}{url}>; title="a, b"; rel="x next"'} if more else {}
        )
        return 200, headers, json.dumps(body, indent=1).encode()


def handler(api: Api) -> type[Handler]:
    class Pages(Handler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            api.requests.append((self.path, dict(self.headers)))
            origin = f"http://{self.headers['Host']}"
            self.answer(api.page(parts.path, dict(parse_qsl(parts.query)), self.headers, origin))

        def do_POST(self) -> None:
            self.answer(api.token(dict(parse_qsl(self.sent()))))

    return Pages


@dataclass
class Served:
    """An API that is served."""

    api: Api
    origin: str


def served() -> Iterator[Served]:
    api = Api()
    with serving(handler(api)) as origin:
        yield Served(api=api, origin=origin)


PAGING = {
    "none": 'kind = "none"',
    "page": 'kind = "page"\nparameter = "page"\nsize = 2\nsize_parameter = "limit"',
    "offset": 'kind = "offset"\nparameter = "offset"',
    "cursor": 'kind = "cursor"\nparameter = "after"\nnext = "meta.after"\nmore = "meta.more"',
    "link": 'kind = "link"',
    "next_url": 'kind = "next_url"\nnext = "meta.next"\nend = "meta.end"',
}
AUTH = {
    "none": 'kind = "none"',
    "header": 'kind = "header"\nheader = "X-Key"',
    "bearer": 'kind = "bearer"',
    "basic": 'kind = "basic"',
    "oauth2": 'kind = "oauth2"\ntoken_url = "{origin}/token"\nscope = "read"',
    "jwt_bearer": f'kind = "jwt_bearer"\ntoken_url = "{{origin}}/token"\naudience = "{AUDIENCE}"\nscope = "read"',
}


class HttpWorld:
    """One endpoint of the API."""

    def __init__(self, clock: MemoryClock, server: Served, paging: str = "cursor", auth: str = "bearer") -> None:
        self.clock, self.api = clock, server.api
        self.api.__init__()  # type: ignore[misc]  # a server serves many worlds, one after another
        self.source_toml = f"""
kind = "http"
every = "5m"
from = 2020-01-01
secret = "thing"

[source.http]
url = "{server.origin}/{paging}/{auth}"
records = "data.items"
parameters = {{ since = "{{start}}", until = "{{end}}" }}

[source.http.paging]
{PAGING[paging]}

[source.http.auth]
{AUTH[auth].replace("{origin}", server.origin)}
"""

    def add(self, moment: float, name: str) -> None:
        self.api.rows.append((moment, name))

    def connect(self, object: str, settings: SourceSettings) -> Source:
        around = Surroundings(
            object=object, settings=settings, secret=lambda: SECRET, now=self.clock.now, loopback=True
        )
        return connect(around)


def filled(world: HttpWorld) -> HttpWorld:
    for number, name in enumerate(ALL):
        world.add(BEGIN - 600 + number, name)
    return world


def read(world: HttpWorld) -> list[str]:
    """The ids of all rows, as one reading finds them."""
    pages = Site(world).source().pages(WINDOW, "")
    return [json.loads(line)["id"] for page in pages for line in page.content.splitlines()]
