"""Each server of the stack, asked as a web page or as a stranger would ask it."""

from __future__ import annotations

import contextlib
import json
import socket
import struct

import boto3
import psycopg
import pytest
from botocore.config import Config

from local.options import REGION
from tests.local.guarded.attacker import CREATE
from tests.local.guarded.conftest import SERVERS, Header, Site

ASKED = {
    "aws": ("POST", "/"),
    "worker": ("POST", "/2015-03-31/functions/on_run/invocations"),
    "redshift_data": ("POST", "/"),
    "api": ("GET", "/hello/world"),
}


def _foreign(port: int) -> dict[str, list[Header]]:
    own = ("Host", f"127.0.0.1:{port}")
    return {
        "no host": [],
        "foreign host": [("Host", "evil.example")],
        "rebound host": [("Host", f"evil.example:{port}")],
        "host without port": [("Host", "127.0.0.1")],
        "bucket for a host": [("Host", f"landfall-landing.127.0.0.1:{port}")],
        "two hosts": [own, ("Host", f"evil.example:{port}")],
        "foreign origin": [own, ("Origin", "http://evil.example")],
        "no origin to speak of": [own, ("Origin", "null")],
        "another port": [own, ("Origin", f"http://127.0.0.1:{port + 1}")],
        "its other name": [own, ("Origin", f"http://localhost:{port}")],
        "cross-site": [own, ("Sec-Fetch-Site", "cross-site")],
        "same-site": [own, ("Sec-Fetch-Site", "same-site")],
        "from a form": [own, ("Origin", "null"), ("Content-Type", "text/plain")],
        "a socket": [own, ("Origin", "http://evil.example"), ("Connection", "Upgrade"), ("Upgrade", "websocket")],
    }


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("how", _foreign(0))
def test_a_foreign_request_is_refused_with_credentials_too(site: Site, server: str, how: str) -> None:
    for method, path in (ASKED[server], ("GET", "/"), ("DELETE", "/in-flight"), ("PUT", "/x"), ("PATCH", "/x")):
        headers = [*_foreign(site.port(server))[how], site.token]
        assert site.send(server, method, path, headers, b"{}", host=False).is_bare_refusal, f"{method} {path}"


@pytest.mark.parametrize("server", SERVERS)
def test_a_preflight_is_refused(site: Site, server: str) -> None:
    asked = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-amz-target")]
    for origin in ("http://evil.example", f"http://127.0.0.1:{site.port(server)}"):
        answer = site.send(server, "OPTIONS", "/", [("Origin", origin), *asked, site.token])
        assert answer.is_bare_refusal


@pytest.mark.parametrize("server", ["aws", "worker", "redshift_data"])
@pytest.mark.parametrize("token", [None, "", "0" * 64, "landfall-local"])
def test_who_has_no_credentials_gets_nothing(site: Site, server: str, token: str | None) -> None:
    headers = [] if token is None else [(site.token[0], token)]
    for method, path in (ASKED[server], ("GET", "/functions"), ("GET", "/"), ("GET", "/_ministack/health")):
        assert site.send(server, method, path, headers, b"{}").is_bare_refusal


def test_the_api_wants_its_own_token(site: Site) -> None:
    assert site.send("api", "GET", "/hello/world", []).status == 200, "the sample's route is open; the guard lets it by"


@pytest.mark.parametrize("server", ["aws", "worker", "redshift_data"])
def test_the_access_key_alone_is_not_enough(site: Site, server: str) -> None:
    """It stands in every request, so it may be in a log; the secret never is."""
    scope = f"{site.record.credentials.access_key}/20261130/eu-west-1/lambda/aws4_request"
    forged = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    assert site.send(server, *ASKED[server], [("Authorization", forged)], b"{}").is_bare_refusal
    assert site.send(server, *ASKED[server], [("Authorization", f"Bearer {scope}")], b"{}").is_bare_refusal


def test_a_page_cannot_make_a_function(site: Site) -> None:
    """The attack that ran commands: a simple request, for which a browser asks no leave."""
    before = [found["FunctionName"] for found in site.client("lambda").list_functions()["Functions"]]
    simple = [("Content-Type", "text/plain"), ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")]
    for headers in (simple, simple[:1], []):
        answer = site.send("aws", "POST", "/2015-03-31/functions", headers, json.dumps(CREATE).encode())
        assert answer.is_bare_refusal
    assert [found["FunctionName"] for found in site.client("lambda").list_functions()["Functions"]] == before


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"Records": [{}]}'])
def test_a_stranger_gets_no_stack_trace(site: Site, body: bytes) -> None:
    path = ASKED["worker"][1]
    assert site.send("worker", "POST", path, [], body).is_bare_refusal
    answer = site.send("worker", "POST", path, [site.token], body)
    assert (answer.status, b"stackTrace" in answer.body) == (200, True), "who has the credentials sees the fault"


@pytest.mark.parametrize("server", SERVERS)
def test_no_answer_may_be_read_by_a_page_of_another_origin(site: Site, server: str) -> None:
    answer = site.send(server, *ASKED[server], [site.token], b"{}")
    assert answer.status != 403
    assert [name for name in answer.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize("server", ["worker", "redshift_data"])
@pytest.mark.parametrize("size", ["-1", "x", "99999999999"])
def test_a_size_that_cannot_be_is_refused(site: Site, server: str, size: str) -> None:
    with socket.create_connection(("127.0.0.1", site.port(server)), timeout=10) as raw:
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{site.port(server)}\r\n{': '.join(site.token)}\r\n"
        raw.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode())
        assert raw.recv(12) == b"HTTP/1.1 413"


def test_presigned_addresses_work_for_what_they_sign_only(site: Site) -> None:
    keys, origin = site.record.credentials, site.record.ports.url("aws")
    s3 = boto3.client(
        "s3",
        endpoint_url=origin,
        region_name=REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret,
        config=Config(signature_version="s3v4"),
    )
    at = {"Bucket": site.record.names.bucket, "Key": "presigned/é x+y.csv"}
    put = s3.generate_presigned_url("put_object", Params=at).removeprefix(origin)
    assert site.send("aws", "PUT", put, [], b"id\n1\n").status == 200
    get = s3.generate_presigned_url("get_object", Params=at).removeprefix(origin)
    assert site.send("aws", "GET", get, []).body == b"id\n1\n"
    assert site.send("aws", "DELETE", get, []).is_bare_refusal
    assert site.send("aws", "GET", get.replace("presigned/", "other/"), []).is_bare_refusal
    old = site.client("s3").generate_presigned_url("get_object", Params=at).removeprefix(origin)
    assert site.send("aws", "GET", old, []).is_bare_refusal, "signature version 2 is AWS's past"


def test_a_body_that_was_not_signed_is_not_stored(site: Site) -> None:
    s3, at = site.client("s3"), {"Bucket": site.record.names.bucket, "Key": "tampered"}

    def tamper(request: object, **_: object) -> None:
        request.body = b"evil!"  # type: ignore[attr-defined]

    s3.meta.events.register_last("before-send.s3.PutObject", tamper)
    try:
        with pytest.raises(Exception, match=r"500|403|Forbidden|InternalError|closed"):
            s3.put_object(**at, Body=b"plain")
    finally:
        s3.meta.events.unregister("before-send.s3.PutObject", tamper)
    assert "Contents" not in s3.list_objects_v2(Bucket=at["Bucket"], Prefix="tampered")


@pytest.mark.parametrize("which", ["redshift_wire", "postgres"])
def test_the_database_wants_its_password(site: Site, which: str) -> None:
    there = site.record.warehouse
    port = psycopg.conninfo.conninfo_to_dict(str(there["dsn"]))["port"] if which == "postgres" else there["wire_port"]
    fine = {"host": "127.0.0.1", "port": port, "dbname": "dev", "user": there["user"], "password": there["password"]}
    with psycopg.connect(**fine) as session:
        assert session.execute("select 1").fetchone() == (1,)
    for wrong in (
        {"password": "x"},
        {"password": ""},
        {"user": "landfall_manager"},
        {"user": "landfall_manager", "password": "x"},
        {"user": "postgres"},
        {"user": "root"},
    ):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**{**fine, **wrong})
    if which == "postgres":
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**{**fine, "dbname": "postgres"})


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nselect 1;",
        struct.pack("!II", 20_000, 196608) + b"user\0awsuser\0\0",
        struct.pack("!II", 4, 196608),
        b"",
    ],
)
def test_the_wire_hangs_up_on_what_is_not_its_protocol(site: Site, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.port("redshift_wire")), timeout=10) as raw:
        raw.sendall(sent)
        if not sent:
            raw.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):  # it did not even read all of it
            assert raw.recv(100) == b""


def test_two_starts_share_no_credentials(site: Site) -> None:
    """The next start, on the same ports: what a shell, a page or a process kept of the last one opens nothing."""
    kept = site.record
    site.stack.down()
    fresh = site.stack.up()
    object.__setattr__(site, "record", fresh)
    assert fresh.credentials != kept.credentials
    assert fresh.warehouse["password"] != kept.warehouse["password"]
    for server in ("aws", "worker", "redshift_data"):
        ((name, value),) = kept.token_header.items()
        assert site.send(server, *ASKED[server], [(name, value)], b"{}").is_bare_refusal
