"""Whose token it is, and how long a revoked one still works."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.adapters.secrets import NEW_TOKEN_SECONDS, Caller, Tokens
from chalicelib.errors import LandfallError, Refused, Throttled
from tests.adapters.unit.wire import Response, Script, client, error, reply
from tests.support.settings import SETTINGS

HASHED = {"name": "ops", "role": "operator", "sha256": hashlib.sha256(b"open sesame").hexdigest()}
PLAIN = {"name": "ü-reader", "role": "reader", "token": "let me look ü"}


def secret(*entries: Any) -> Response:
    return reply(SecretString=json.dumps({"tokens": entries}))


def tokens(script: Script, clock: MemoryClock | None = None) -> Tokens:
    return Tokens(client("secretsmanager", script), SETTINGS, clock or MemoryClock())


@pytest.mark.parametrize(
    ("token", "caller"),
    [
        ("open sesame", Caller(name="ops", role="operator")),
        ("let me look ü", Caller(name="ü-reader", role="reader")),
        ("", None),
        ("open sesam", None),
        (HASHED["sha256"], None),
        ("\udcff", None),
    ],
)
def test_a_token_has_one_owner(token: str, caller: Caller | None) -> None:
    assert tokens(Script([secret(HASHED, PLAIN)])).caller(token) == caller


def test_a_token_may_be_limited_to_objects() -> None:
    found = tokens(Script([secret({**HASHED, "objects": ["orders", "users"]})])).caller("open sesame")
    assert found == Caller(name="ops", role="operator", objects=frozenset({"orders", "users"}))


@pytest.mark.parametrize("objects", [[], "orders", [""], [1], None])
def test_a_limit_that_could_mean_everything_is_refused(objects: Any) -> None:
    with pytest.raises(Refused, match="malformed"):
        tokens(Script([secret({**HASHED, "objects": objects})])).caller("open sesame")


def test_tokens_are_kept_for_a_while_and_then_read_again() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), secret(PLAIN)])
    known = tokens(script, clock)
    assert known.caller("open sesame")
    clock.advance(SETTINGS.token_cache_seconds - 1)
    assert known.caller("open sesame")
    assert len(script.requests) == 1
    clock.advance(1)
    assert known.caller("open sesame") is None
    assert known.caller("let me look ü")
    assert len(script.requests) == 2


def test_a_new_token_is_known_within_seconds() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), secret(HASHED, PLAIN)])
    known = tokens(script, clock)
    assert known.caller("let me look ü") is None
    clock.advance(NEW_TOKEN_SECONDS - 1)
    assert known.caller("let me look ü") is None
    assert len(script.requests) == 1  # guesses do not cost a read each
    clock.advance(1)
    assert known.caller("let me look ü")
    assert len(script.requests) == 2


def test_a_secret_without_tokens_is_kept_as_well() -> None:
    script = Script([secret(), secret()])
    known = tokens(script)
    assert (known.caller("a"), known.caller("b")) == (None, None)
    assert len(script.requests) == 1


def test_a_clock_that_is_set_back_does_not_keep_tokens_alive() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), secret(PLAIN)])
    known = tokens(script, clock)
    assert known.caller("open sesame")
    clock.advance(-3_600)
    assert known.caller("open sesame") is None


def test_tokens_that_cannot_be_read_again_are_not_trusted_longer() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), error("ThrottlingException")])
    known = tokens(script, clock)
    assert known.caller("open sesame")
    clock.advance(SETTINGS.token_cache_seconds)
    with pytest.raises(Throttled):
        known.caller("open sesame")


@pytest.mark.parametrize(
    "response",
    [
        reply(SecretString="CANARY"),
        reply(SecretString='["CANARY"]'),
        reply(SecretString='{"tokens": [{"CANARY": 1}]}'),
        reply(SecretString='{"tokens": ["CANARY"]}'),
        secret({**PLAIN, "role": "CANARY"}),
        secret({**HASHED, "sha256": "CANARY"}),
        secret({**HASHED, "sha256": "00"}),
        reply(SecretBinary="Q0FOQVJZ"),
        error("ResourceNotFoundException", message="CANARY"),
    ],
)
def test_a_bad_secret_is_refused_without_a_word_of_it(response: Response) -> None:
    with pytest.raises(Refused) as caught:
        tokens(Script([response])).caller("x")
    error: BaseException | None = caught.value
    while isinstance(error, LandfallError):
        assert "CANARY" not in str(error)
        error = error.__cause__
