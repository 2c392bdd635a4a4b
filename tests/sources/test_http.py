"""Faults of an API: what passes is tried again, what does not is named, and the secret stays where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import Refused, Retryable
from chalicelib.sources.http import client, records
from chalicelib.sources.source import Paused
from tests.sources.http_world import ALL, AUTH, BEGIN, PAGING, SECRET, WINDOW, HttpWorld, Served, filled, read, served
from tests.sources.server import Answer
from tests.sources.site import Site


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    yield from served()


@pytest.fixture
def world(server: Served) -> HttpWorld:
    return filled(HttpWorld(MemoryClock(BEGIN), server))


@pytest.mark.parametrize("auth", AUTH)
@pytest.mark.parametrize("paging", PAGING)
def test_every_page_is_read_with_every_authentication(server: Served, paging: str, auth: str) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, paging, auth))
    assert read(world) == ALL
    assert all("since=2020" in path for path, _ in world.api.requests)


@pytest.mark.parametrize(
    "passing", [(429, {"Retry-After": "0"}, b""), (503, {"Retry-After": "0"}, b""), (500, {}, b""), (502, {}, b"")]
)
def test_what_passes_is_tried_again(world: HttpWorld, passing: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    world.api.instead = [passing]
    assert read(world) == ALL


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (formatdate(BEGIN + 300, usegmt=True), 300.0),
        ("soon", 60.0),
        ("", 60.0),
        ("99999999999", 86_400.0),
        ("\u00b2", 60.0),
    ],
)
def test_a_long_pause_is_left_to_the_clock(world: HttpWorld, header: str, seconds: float) -> None:
    world.api.instead = [(429, {"Retry-After": header}, b"")]
    with pytest.raises(Paused) as caught:
        read(world)
    assert caught.value.seconds == seconds


def test_a_paused_source_is_read_after_the_pause(world: HttpWorld) -> None:
    """A pause is no failure: the pages that have landed stay, and support is not notified."""
    site = Site(world, mb=0.000001)
    world.api.instead = [lambda answer: answer, (429, {"Retry-After": "600"}, b"")]
    site.ticks(9)
    assert site.landed() == ["r0", "r1"]
    site.ticks(5)
    assert sorted(site.landed()) == ALL
    assert (site.progress.code, site.notifier.failures) == ("", [])


@pytest.mark.parametrize(("refusal", "code", "kept"), [(410, "SOURCE_TOKEN_EXPIRED", 0), (401, "SOURCE_BAD_SECRET", 1)])
def test_a_page_that_the_api_forgot_begins_the_window_again(
    world: HttpWorld, refusal: int, code: str, kept: int
) -> None:
    """The first worker reads one page. A secret that is refused says nothing about the page."""
    site = Site(world, mb=0.000001, budget=0.0)
    world.api.instead = [lambda answer: answer, (refusal, {}, b"")]
    site.tick()
    assert (site.progress.code, site.progress.files) == (code, kept)
    site.ticks(10)
    assert (sorted(site.landed()), site.progress.code) == (ALL, "")


def body(items: Any, **meta: Any) -> Answer:
    return 200, {}, json.dumps({"data": {"items": items}, "meta": {"more": False, **meta}}).encode()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((404, {}, b"SECRET-ROW"), "SOURCE_REFUSED"),
        ((403, {}, b"SECRET-ROW"), "SOURCE_BAD_SECRET"),
        ((200, {}, b"<html>SECRET-ROW"), "SOURCE_BAD_RESPONSE"),
        ((200, {}, b'{"data": {"rows": []}}'), "SOURCE_BAD_RESPONSE"),
        (body({"SECRET-ROW": 1}), "SOURCE_BAD_RESPONSE"),
        (body(["SECRET-ROW"]), "SOURCE_BAD_RESPONSE"),
        (body([{"id": 1}], more="SECRET-ROW"), "SOURCE_BAD_RESPONSE"),
        (body([{"id": 1}], more=True), "SOURCE_BAD_RESPONSE"),
        ((200, {}, b'{"data": {"items": ' + b"[" * 100_000), "SOURCE_BAD_RESPONSE"),
        ((302, {"Location": "http://127.0.0.1:1/other"}, b""), "SOURCE_OTHER_ORIGIN"),
        ((302, {"Location": "//evil.example/SECRET-ROW"}, b""), "SOURCE_OTHER_ORIGIN"),
        ((302, {}, b""), "SOURCE_OTHER_ORIGIN"),
    ],
)
def test_what_does_not_pass_is_named_without_a_value(world: HttpWorld, answer: Answer, code: str) -> None:
    world.api.instead = [answer]
    with pytest.raises(Refused) as caught:
        read(world)
    assert caught.value.code == code
    assert "SECRET-ROW" not in str(caught.value)
    assert len(world.api.requests) == 1


def test_a_redirect_within_the_origin_is_followed(world: HttpWorld) -> None:
    path = "/cursor/bearer?since=2020&until=2030"
    world.api.instead = [(307, {"Location": path}, b"")]
    assert read(world) == ALL
    world.api.instead = [(307, {"Location": path}, b"")] * 9
    with pytest.raises(Refused) as caught:
        read(world)
    assert caught.value.code == "SOURCE_REDIRECTS"


def test_a_next_page_that_comes_again_is_an_error(world: HttpWorld) -> None:
    world.api.instead = [lambda answer: body([{"id": "x"}], more=True, after="c2")] * 3
    with pytest.raises(Refused) as caught:
        read(world)
    assert caught.value.code == "SOURCE_REPEATS"


@pytest.mark.parametrize("paging", ["page", "offset"])
def test_a_server_that_ignores_the_page_is_found(server: Served, paging: str) -> None:
    """Without this, the first page would be read for ever, or as the only one."""
    world = filled(HttpWorld(MemoryClock(BEGIN), server, paging))
    world.api.instead = [body([{"id": "a"}]), body([{"id": "a"}])]
    with pytest.raises(Refused, match="the server ignores") as caught:
        read(world)
    assert caught.value.code == "SOURCE_REPEATS"


@pytest.mark.parametrize("paging", ["page", "offset"])
def test_a_server_that_sends_fewer_records_hides_none(server: Served, paging: str) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, paging))
    pages = [body([{"id": name}]) for name in ALL]
    world.api.instead = [*pages, body([])]
    assert read(world) == ALL


def test_no_content_ends_a_window(world: HttpWorld) -> None:
    world.api.instead = [(204, {}, b"")]
    assert read(world) == []


def test_a_next_address_of_another_host_is_not_requested(server: Served) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "next_url"))
    world.api.instead = [body([{"id": "a"}], end=False, next="https://evil.example/")]
    with pytest.raises(Refused) as caught:
        read(world)
    assert caught.value.code == "SOURCE_OTHER_ORIGIN"


@pytest.mark.parametrize("paging", ["link", "next_url"])
@pytest.mark.parametrize("address", ["http://[", "https://[::1/x", "http://127.0.0.1:x/", "http://127.0.0.1:99999/"])
def test_a_next_address_that_is_none_is_refused(server: Served, paging: str, address: str) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, paging))
    status, _, content = body([{"id": "a"}], end=False, next=address)
    world.api.instead = [(status, {"Link": f"<{address}>; rel=next"}, content)]
    with pytest.raises(Refused) as caught:
        read(world)
    assert caught.value.code == "SOURCE_OTHER_ORIGIN"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_usual_port_is_no_other_origin(scheme: str) -> None:
    port, other = {"http": (80, 443), "https": (443, 80)}[scheme]
    url, named = f"{scheme}://api.example/v1", f"{scheme}://API.example:{port}/v2"
    assert client.same_origin(url, named) == named
    assert client.same_origin(named, url) == url
    for port in (other, 0):
        with pytest.raises(Refused):
            client.same_origin(url, f"{scheme}://api.example:{port}/")
    with pytest.raises(Refused):
        client.same_origin(url, f"{scheme}://@api.example/")


@pytest.mark.parametrize("digits", ["7", "-0", "9" * 5_000])
def test_a_cursor_keeps_its_digits(world: HttpWorld, digits: str) -> None:
    text = b'{"data":{"items":[{"id":"a"}]},"meta":{"more":true,"after":%s}}' % digits.encode()
    world.api.instead = [(200, {}, text)]
    pages = Site(world).source().pages(WINDOW, "")
    assert json.loads(next(pages).token) == [0, digits]


def test_digits_are_landed_as_they_were_written(world: HttpWorld) -> None:
    text = b'{"id": 1.10,\r\n "n": 12345678901234567890.123456789012345678901, "t": "\\u00e9\\n", "n": 1e400}'
    world.api.instead = [(200, {}, b'{"data":{"items":[' + text + b']},"meta":{"more":false}}')]
    (page,) = Site(world).source().pages(WINDOW, "")
    assert page.content == text.replace(b"\r\n", b"  ") + b"\n"


def test_plain_http_is_refused_outside_of_a_laptop() -> None:
    request = client.Client(loopback=False, now=lambda: 0.0)
    for url in ("http://127.0.0.1:1/x", "http://example.com/x", "file:///etc/passwd"):
        with pytest.raises(Refused) as caught:
            request.request("GET", url, {})
        assert caught.value.code == "SOURCE_NOT_SECURE"


def test_a_server_that_is_not_there_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    request = client.Client(loopback=True, now=lambda: 0.0, sleep=waits.append)
    with pytest.raises(Retryable, match="did not answer: NewConnectionError"):
        request.request("GET", "http://127.0.0.1:1/x?secret=1", {})
    assert waits == [1.0, 2.0]


def test_a_response_that_is_too_large_is_refused(world: HttpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LARGEST", 10)
    with pytest.raises(Refused) as caught:
        read(world)
    assert caught.value.code == "SOURCE_TOO_LARGE"


@pytest.mark.parametrize("auth", [auth for auth in AUTH if auth != "none"])
@pytest.mark.parametrize("status", [200, 302, 401, 404, 429, 500])
def test_no_secret_is_in_a_log_a_notice_or_the_record(
    server: Served, auth: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", auth))
    site = Site(world)
    echo = json.dumps(SECRET).encode()
    world.api.instead = [(status, {"Location": f"https://x.example/{SECRET['token']}"}, echo)] * 20
    site.ticks(30)
    assert site.notes
    told = json.dumps([site.notes, site.notifier.failures, site.progress.text], default=str)
    lines = [line for value in SECRET.values() for line in value.splitlines()]
    assert not [line for line in lines if line in told]
    assert "of-the-secret" not in told


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "has no token"),
        ({"token": "a\r\nX: b"}, "has a value with a line break"),
        ({"token": "SECRET\u2026"}, "the token of the source's secret has a character that is not ASCII"),
        ({"token": "SECRET\u00e9"}, "the token of the source's secret has a character that is not ASCII"),
    ],
)
def test_a_malformed_secret_is_named(
    world: HttpWorld, given: dict[str, str], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(SECRET):
        monkeypatch.delitem(SECRET, name)
    SECRET.update(given)
    with pytest.raises(Refused, match=fault):
        read(world)


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        (b'{"a": {"b": [ {"x": 1} , {} ]}}', "a.b", [b'{"x": 1}', b"{}"]),
        (b' [{"x": 1}]\n', "", [b'{"x": 1}']),
        (b'{"a": null}', "a", []),
        (b'{"a": []}', "a", []),
    ],
)
def test_records_at_a_path(text: bytes, path: str, found: list[bytes]) -> None:
    assert records.records_at(text, path) == found
