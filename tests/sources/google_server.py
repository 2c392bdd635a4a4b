"""Google's APIs of Sheets and Drive on this machine: one spreadsheet, with limits, faults and tokens that expire.

Requests and answers have the form of Google's discovery documents (sheets v4, drive v3): unknown parameters, fields and
areas are refused, empty cells and rows at the end are left out, and 64-bit numbers are texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from chalicelib.domain.source.cells import column_of
from chalicelib.sources.sheets.service import Service
from tests.sources.server import Answer, Handler, serving

EMAIL = "robot@project.iam.gserviceaccount.com"
FILE = "1AbCdEfGhIjKlMnOpQrStUvWxYz-0123456789"
AUDIENCE = "https://oauth2.googleapis.com/token"
AREA = re.compile(r"'((?:[^']|'')*)'!([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")
MASK = re.compile(r"([A-Za-z]+)|([(),])")
KNOWN = {
    *("properties", "timeZone", "sheets", "title", "sheetType", "gridProperties", "rowCount", "columnCount", "merges"),
    *("data", "startRow", "startColumn", "rowData", "values"),
    *("effectiveValue", "formattedValue", "effectiveFormat", "numberFormat"),
}
"""Fields of the discovery document that the server has."""
Cell = dict[str, Any]


@cache
def keys() -> tuple[str, bytes]:
    """A private key as the secret has it, and its public one."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=1024)
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public


def text(value: str) -> Cell:
    return {"effectiveValue": {"stringValue": value}, "formattedValue": value}


def number(value: float | str, kind: str = "", pattern: str = "", shown: str = "") -> Cell:
    """A number, with a number format. A text is written into the answer as it is."""
    cell: Cell = {"effectiveValue": {"numberValue": Written(value)}, "formattedValue": shown or str(value)}
    if kind:
        cell["effectiveFormat"] = {"numberFormat": {"type": kind, "pattern": pattern}}
    return cell


def boolean(value: bool) -> Cell:
    return {"effectiveValue": {"boolValue": value}, "formattedValue": str(value).upper()}


def error(kind: str, shown: str) -> Cell:
    return {"effectiveValue": {"errorValue": {"type": kind, "message": "of the formula"}}, "formattedValue": shown}


class Written(str):
    """A number as Google writes it."""

    __slots__ = ()

    def __new__(cls, value: float | str) -> Written:
        return super().__new__(cls, value)


@dataclass
class Sheet:
    """A sheet; its cells by row, from 1, and column, from 0."""

    title: str = "Things"
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    rows: int = 3
    columns: int = 4
    merges: list[dict[str, int]] = field(default_factory=list)
    kind: str = "GRID"

    def write(self, row: int, *cells: Cell | None, left: int = 0) -> None:
        for column, cell in enumerate(cells, left):
            if cell is not None:
                self.cells[row, column] = cell

    def answer(self, area: str) -> dict[str, Any]:
        found = AREA.fullmatch(area)
        assert found, area
        assert found[1].replace("''", "'") == self.title
        left, top, right, bottom = column_of(found[2]), int(found[3]), column_of(found[4]), int(found[5])
        if bottom > self.rows or right >= self.columns:
            raise OverflowError(f"Range ({area}) exceeds grid limits. Max rows: {self.rows}")
        lines = []
        for row in range(top, bottom + 1):
            cells = [self.cells.get((row, column), {}) for column in range(left, right + 1)]
            while cells and not cells[-1]:
                cells.pop()
            lines.append({"values": cells} if cells else {})
        while lines and not lines[-1]:
            lines.pop()
        start = {"startRow": top - 1} if top > 1 else {}
        return {**start, **({"startColumn": left} if left else {}), **({"rowData": lines} if lines else {})}

    def about(self) -> dict[str, Any]:
        grid = {"rowCount": self.rows, "columnCount": self.columns}
        properties: dict[str, Any] = {"title": self.title, "sheetType": self.kind}
        return {"properties": properties | ({"gridProperties": grid} if self.kind == "GRID" else {})} | (
            {"merges": self.merges} if self.merges else {}
        )


@dataclass
class Drive:
    """The spreadsheet, the tokens that are valid, and what is answered instead of the next requests."""

    sheets: list[Sheet] = field(default_factory=lambda: [Sheet()])
    version: int = 1
    zone: str = "Europe/Oslo"
    instead: list[Answer | None] = field(default_factory=list)
    """Answers in place of those of the next requests with a token; None for the right one."""
    requests: list[str] = field(default_factory=list)
    issued: int = 0
    valid: str = ""
    lives: int = 3600
    """Seconds of a token."""

    @property
    def sheet(self) -> Sheet:
        return self.sheets[0]

    def token(self, form: Mapping[str, list[str]]) -> Answer:
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        try:
            claims = jwt.decode(form["assertion"][0], certs=keys()[1], audience=AUDIENCE)  # type: ignore[no-untyped-call]
        except ValueError:
            return 400, {}, b'{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}'
        assert claims["iss"] == EMAIL
        assert "readonly" in claims["scope"]
        self.issued += 1
        self.valid = f"ISSUED-{self.issued}-of-the-secret"
        return 200, {}, json.dumps({"access_token": self.valid, "expires_in": self.lives}).encode()

    def get(self, url: str, authorization: str) -> Answer:
        self.requests.append(url)
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if authorization != f"Bearer {self.valid}":
            return refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if self.instead and (answer := self.instead.pop(0)):
            return answer
        path, _, file = unquote(parts.path).rpartition("/")
        if file != FILE:
            return refusal(404, "NOT_FOUND", "Requested entity was not found.")
        if path == "/drive/v3/files":
            assert query == {"fields": "version", "supportsAllDrives": "true"}
            return 200, {}, json.dumps({"version": str(self.version)}).encode()
        assert path == "/v4/spreadsheets"
        assert set(query) <= {"fields", "ranges"}
        try:
            return 200, {}, written(masked(self._spreadsheet(query.get("ranges", "")), query["fields"]))
        except OverflowError as fault:
            return refusal(400, "INVALID_ARGUMENT", str(fault))

    def _spreadsheet(self, area: str) -> dict[str, Any]:
        title = area.rpartition("!")[0][1:-1].replace("''", "'")
        sheets = [sheet for sheet in self.sheets if not area or sheet.title == title]
        data = {"data": [sheets[0].answer(area)]} if area else {}
        return {"properties": {"timeZone": self.zone}, "sheets": [{**sheet.about(), **data} for sheet in sheets]}


def refusal(status: int, name: str, message: str, reason: str = "", **headers: str) -> Answer:
    """An error of Google's APIs."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    body = {"error": {"code": status, "message": message, "status": name, "details": details}}
    return status, headers, json.dumps(body).encode()


def masked(found: Any, mask: str) -> Any:
    """Return the fields of a mask, such as `a,b(c,d)`."""
    tokens = [match[0] for match in MASK.finditer(mask)]
    assert "".join(tokens) == mask, mask
    wanted = _tree(tokens)
    assert not tokens, mask
    return _fields(found, wanted)


def _tree(tokens: list[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    while tokens:
        name = tokens.pop(0)
        assert name in KNOWN, name
        tree[name] = {}
        if tokens and tokens[0] == "(":
            tokens.pop(0)
            tree[name] = _tree(tokens)
        if not tokens or tokens.pop(0) == ")":
            return tree
    return tree


def _fields(found: Any, wanted: dict[str, Any]) -> Any:
    if not wanted:
        return found
    if isinstance(found, list):
        return [_fields(one, wanted) for one in found]
    return {name: _fields(value, wanted[name]) for name, value in found.items() if name in wanted}


def written(found: Any) -> bytes:
    """Return JSON in which numbers are written as the cells have them."""
    texts: list[str] = []

    def plain(value: Any) -> Any:
        if isinstance(value, Written):
            texts.append(value)
            return f"\0{len(texts) - 1}\0"
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    body = json.dumps(plain(found), indent=2)
    return re.sub(r'"\\u0000(\d+)\\u0000"', lambda match: texts[int(match[1])], body).encode()


def handler(drive: Drive) -> type[Handler]:
    class Apis(Handler):
        def do_GET(self) -> None:
            self.answer(drive.get(self.path, self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            self.answer(drive.token(parse_qs(self.sent())))

    return Apis


@dataclass
class Google:
    """The APIs, as they are served."""

    drive: Drive
    service: Service


def served_google() -> Iterator[Google]:
    drive = Drive()
    with serving(handler(drive)) as origin:
        sheets, files = f"{origin}/v4/spreadsheets", f"{origin}/drive/v3/files"
        yield Google(drive=drive, service=Service(sheets=sheets, drive=files, token=f"{origin}/token"))
