"""Whatever a caller with a token sends, the answer is a result or an error that names what to fix, never a 500."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import app as application
from chalicelib.api.responses import NotFound
from chalicelib.domain.run.cursors import write_cursor
from tests.support.api import BAD, KEY, Api, seg

ROUTES = sorted((path, method) for path, methods in application.app.routes.items() for method in methods)
LONG = "é" * 513
"""1,026 bytes."""
TEXTS = (
    "",
    "\ud800",
    "a\udfff.csv",
    "\x00",
    "\x1b[2J",
    "%",
    "%2",
    "%ff%fe",
    "%C3",
    "%25%32%46",
    "a" * 1_025,
    LONG,
    "a" * 1_200_000,
    "../../x",
    "incoming/thing/" + "a" * 1_100,
    "incoming/thing/\ud83d",
    "1e400",
    "9" * 300,
    "9" * 5_000,
    "-1",
    "NaN",
    "²",
    "\u202e",
    "0" * 32,
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1 << 63,
    10**4_000,
    1e308,
    float("nan"),
    float("inf"),
    [],
    [[]],
    ["a"],
    {},
    {"a": {}},
    {"\ud800": 1},
    *TEXTS,
)
FIELDS = (
    "file",
    "period",
    "failed_only",
    "dry_run",
    "cursor",
    "prefix",
    "object",
    "generation",
    "columns",
    "rows",
    "limit",
    "state",
    "since",
    "x",
)
NUMBERS = ("1" * 5_000, "-0", "1e999", "1.5", "true")
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'{"file": "\\ud800"}',
    b'{"file": "\xed\xa0\x80"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"cursor": NaN}',
    b" " * 70_000,
    *(b'{"generation": %s, "columns": ["a"], "rows": []}' % number.encode() for number in NUMBERS),
    *(
        b'{"generation": 1, "columns": ["a"], "rows": [{"byte_offset": %s, "values": ["x"]}]}' % number.encode()
        for number in NUMBERS
    ),
)


def send(method: str, route: str, *, path: str = "x", query: Any = None, body: bytes = b"") -> tuple[int, Any]:
    """A request as Gateway hands it over, by an operator."""
    names = [part.strip("{}") for part in route.split("/") if part.startswith("{")]
    event = {
        "requestContext": {"httpMethod": method, "resourcePath": route},
        "headers": {"authorization": "Bearer run-me", "content-type": "application/json"},
        "pathParameters": dict.fromkeys(names, path),
        "multiValueQueryStringParameters": query,
        "stageVariables": {},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    got = application.app(event, None)
    return got["statusCode"], json.loads(got["body"])


def ours(status: int, body: Any) -> None:
    """Not 500; and what is wrong is reported in the documented form, in printable text."""
    assert status in (200, 202, 400, 404, 409), body
    if status >= 400:
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message"}
        assert body["error"]["message"].isprintable()
        assert len(body["error"]["message"]) < 2_000


@pytest.fixture
def landed(api: Api) -> Api:
    """A file with rejects on two pages, and runs on two."""
    api.land(KEY, b"id,value,amount\n" + b"".join(b"k%d,v,%s\n" % (n, b"x" if n < 5 else b"1") for n in range(50)))
    api.land("incoming/thing/b.csv", BAD)
    return api


@pytest.mark.parametrize(("route", "method"), ROUTES)
def test_hostile_paths_and_bodies_are_answered(landed: Api, route: str, method: str) -> None:
    for text in TEXTS:
        ours(*send(method, route, path=text))
        ours(*send(method, route, path=seg(text.encode("utf-8", "surrogatepass").decode("latin-1"))))
    for body in BODIES:
        ours(*send(method, route, body=body))
        ours(*send(method, route, path="thing", body=body))
        ours(*send(method, route, path=seg(KEY), body=body))


@pytest.mark.parametrize(("route", "method"), ROUTES)
def test_hostile_queries_are_answered(landed: Api, route: str, method: str) -> None:
    for name in (*FIELDS, "\ud800"):
        for text in TEXTS:
            ours(*send(method, route, path=seg(KEY), query={name: [text]}))
            ours(*send(method, route, path=seg(KEY), query={name: ["1", text]}))


@pytest.mark.parametrize(("route", "method"), [(r, m) for r, m in ROUTES if m == "POST"])
def test_fields_of_any_type_are_answered(landed: Api, route: str, method: str) -> None:
    whole = {"generation": 1, "columns": ["id", "value", "amount"], "rows": [{"byte_offset": 16, "values": ["a"] * 3}]}
    for name in FIELDS:
        for value in VALUES:
            for other in ({}, whole):
                body = json.dumps({**other, name: value}).encode()
                for path in ("thing", seg(KEY)):
                    ours(*send(method, route, path=path, body=body))


def cursors(api: Api) -> dict[str, str]:
    """One of each kind, as the API gave it."""
    _, runs = send("GET", "/runs", query={"limit": ["1"]})
    _, rejects = send("GET", "/rejects/{file}", path=seg(KEY), query={"limit": ["2"]})
    assert runs["cursor"]
    assert rejects["cursor"]
    return {"runs": runs["cursor"], "rejects": rejects["cursor"], "backfill": KEY}


def tampered(cursor: str) -> Iterator[str]:
    """What becomes of a cursor by little changes, of its text and of what it holds."""
    yield from (cursor[:n] for n in range(1, len(cursor), 3))
    yield from (cursor[:n] + chr(ord(cursor[n]) ^ (1 << n % 7)) + cursor[n + 1 :] for n in range(len(cursor)))
    yield from (cursor + "=", cursor * 2, "=" + cursor, "\ud800" + cursor, cursor * 2_000)
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        return
    for name in place:
        yield from (write_cursor({**place, name: value}) for value in VALUES)
        yield write_cursor({other: value for other, value in place.items() if other != name})
    yield from (write_cursor({**place, "more": 1}), write_cursor({}), base64.urlsafe_b64encode(b"[" * 9_000).decode())


def with_cursor(kind: str, cursor: str) -> Iterator[tuple[int, Any]]:
    """Every request that takes a cursor."""
    body = json.dumps({"cursor": cursor, "dry_run": True}).encode()
    yield send("GET", "/runs", query={"cursor": [cursor]})
    yield send("GET", "/rejects/{file}", path=seg(KEY), query={"cursor": [cursor]})
    yield send("POST", "/runs/{name}", path="thing", body=body)
    yield send("POST", "/redrive", body=body)
    yield send("POST", "/backfill", body=body)


@pytest.mark.parametrize("kind", ["runs", "rejects", "backfill"])
def test_a_cursor_that_was_tampered_with_is_answered(landed: Api, kind: str) -> None:
    for cursor in tampered(cursors(landed)[kind]):
        for answer in with_cursor(kind, cursor):
            ours(*answer)


@pytest.mark.parametrize("kind", ["runs", "rejects"])
def test_a_cursor_of_another_search_is_refused(landed: Api, kind: str) -> None:
    fits = {"runs": ("/runs", "/redrive", "/runs/{name}"), "rejects": ("/rejects/{file}",)}[kind]
    requests = (("GET", "/runs"), ("GET", "/rejects/{file}"), ("POST", "/runs/{name}"), ("POST", "/redrive"))
    cursor = cursors(landed)[kind]
    for method, route in requests:
        body = json.dumps({"cursor": cursor, "dry_run": True}).encode() if method == "POST" else b""
        query = {"cursor": [cursor]} if method == "GET" else None
        path = "thing" if route == "/runs/{name}" else seg(KEY)
        status, answer = send(method, route, path=path, query=query, body=body)
        assert (status < 300) is (route in fits), (route, answer)
        assert status < 300 or (status, answer["error"]["code"]) == (400, "BAD_CURSOR")


@pytest.mark.parametrize("name", ["a" * 1_025, LONG, "incoming/thing/" + "x" * 1_010])
def test_a_name_that_no_object_can_have_is_not_looked_for(
    landed: Api, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_given: Any) -> Any:
        raise AssertionError("looked for")

    for port, call in (
        (landed.deployment.runs, "newest"),
        (landed.deployment.search, "by_name"),
        (landed.deployment.objects, "head"),
    ):
        monkeypatch.setattr(port, call, never)
    body = json.dumps({"file": name}).encode()
    for status, answer in (
        send("GET", "/status/{file}", path=seg(name)),
        send("GET", "/rejects/{file}", path=seg(name)),
        send("POST", "/runs/{name}", path=seg(name)),
        send("POST", "/runs/{name}", path="thing", body=body),
        send("DELETE", "/runs/{name}", path=seg(name)),
        send("GET", "/runs", query={"object": [name]}),
    ):
        assert (status, answer["error"]["code"]) == (404, NotFound.code)


HALVES = st.text(st.characters(), max_size=40) | st.sampled_from(TEXTS)


@given(text=HALVES, route=st.sampled_from(ROUTES), name=st.sampled_from(FIELDS))
@example(text="\ud800", route=("/status/{file}", "GET"), name="cursor")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_anywhere_is_answered(api: Api, text: str, route: tuple[str, str], name: str) -> None:
    path, method = route
    body = json.dumps({name: text}).encode() if method == "POST" else b""
    status, answer = send(method, path, path=text, query={name: [text]}, body=body)
    ours(status, answer)
    try:
        text.encode()
    except UnicodeEncodeError:
        assert "{" not in path or status in (400, 404)
