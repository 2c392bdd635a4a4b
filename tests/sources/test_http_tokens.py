"""Tokens of an API: they are requested with a secret or a signed assertion, and sent to the contract's origin only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import Refused
from tests.sources.http_world import ALL, AUDIENCE, BEGIN, KEY, SECRET, HttpWorld, Served, filled, read, served


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    yield from served()


@pytest.mark.parametrize("auth", ["oauth2", "jwt_bearer"])
def test_an_expired_token_is_requested_again_once(server: Served, auth: str) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", auth))
    world.api.instead = [lambda answer: answer, (401, {}, b"expired")]
    assert read(world) == ALL
    assert world.api.issued == 2
    world.api.instead = [(401, {}, b""), (401, {}, b"")]
    with pytest.raises(Refused, match="refuses the secret") as caught:
        read(world)
    assert caught.value.code == "SOURCE_BAD_SECRET"


def test_an_assertion_states_who_asks_and_expires_soon(server: Served) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", "jwt_bearer"))
    assert read(world) == ALL
    who = {"iss": SECRET["client_id"], "sub": SECRET["username"], "aud": AUDIENCE}
    assert world.api.claims == [{**who, "exp": int(BEGIN) + 180}]


@pytest.mark.parametrize("auth", ["oauth2", "jwt_bearer"])
def test_a_token_for_another_origin_is_not_sent(server: Served, auth: str) -> None:
    """The contract chooses the origin, and no answer does."""
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", auth))
    world.api.instance = server.origin
    assert read(world) == ALL
    world.api.requests.clear()
    world.api.instance = "https://SECRET-ROW.example"
    with pytest.raises(Refused, match="instance_url is of another origin") as caught:
        read(world)
    assert caught.value.code == "SOURCE_OTHER_ORIGIN"
    assert "SECRET-ROW" not in str(caught.value)
    assert not world.api.requests


def test_a_refused_token_is_named_by_its_code(server: Served) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", "jwt_bearer"))
    world.source_toml = world.source_toml.replace('scope = "read"', 'scope = "other"')
    with pytest.raises(Refused, match=r"gives no token \(400, invalid_grant\)") as caught:
        read(world)
    assert caught.value.code == "SOURCE_BAD_SECRET"
    assert "SECRET-ROW" not in str(caught.value)


def pem(key: Any, encryption: Any = NoEncryption()) -> str:  # noqa: B008 - a constant
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode())


@pytest.mark.parametrize(
    "private_key",
    [
        "SECRET-KEY",
        SECRET["private_key"].replace("\n", "\\n"),
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(ed25519.Ed25519PrivateKey.generate()),
        pem(KEY, BestAvailableEncryption(b"passphrase")),
    ],
    ids=["no key", "escaped", "elliptic curve", "edwards curve", "passphrase"],
)
def test_a_malformed_private_key_is_named(server: Served, private_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", "jwt_bearer"))
    monkeypatch.setitem(SECRET, "private_key", private_key)
    with pytest.raises(Refused, match="the private_key of the source's secret is no RSA key") as caught:
        read(world)
    assert caught.value.__cause__ is None
    assert private_key[:10] not in str(caught.value)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_private_key_may_have_either_form(
    server: Served, form: PrivateFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", "jwt_bearer"))
    written = KEY.private_bytes(Encoding.PEM, form, NoEncryption()).decode().replace("\n", "\r\n")
    monkeypatch.setitem(SECRET, "private_key", written)
    assert read(world) == ALL


@pytest.mark.parametrize("token", ["", "SECRET\n", "SECRET\u2026", "SECRET\u00e9", 7, None])
def test_a_token_that_no_header_carries_is_refused(
    server: Served, token: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = filled(HttpWorld(MemoryClock(BEGIN), server, "cursor", "oauth2"))
    answer = json.dumps({"access_token": token}).encode()
    monkeypatch.setattr(world.api, "token", lambda sent: (200, {}, answer))
    with pytest.raises(Refused, match="answers without an access_token") as caught:
        read(world)
    assert "SECRET" not in str(caught.value)
