"""Whose token it is, and how long a revoked one still works."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.memory import MemoryClock
from chalicelib.adapters.secrets import NEW_TOKEN_SECONDS, Principal, SourceSecrets, Tokens, read_tokens
from chalicelib.errors import LandfallError, Refused, Throttled
from tests.adapters.unit.wire import Response, Script, client, error, reply
from tests.support.settings import SETTINGS

HASHED = {"name": "ops", "role": "operator", "sha256": hashlib.sha256(b"open sesame").hexdigest()}
VALUES = st.one_of(st.none(), st.integers(), st.sampled_from(["", "a", "reader", "ab" * 32]))
ENTRY = st.dictionaries(st.sampled_from(["name", "role", "sha256", "token", "objects"]), VALUES | st.lists(VALUES))
JSON = st.one_of(VALUES, st.fixed_dictionaries({"tokens": VALUES | st.lists(ENTRY | VALUES)}))
PLAIN = {"name": "ü-reader", "role": "reader", "token": "let me look ü"}


def secret(*entries: Any) -> Response:
    return reply(SecretString=json.dumps({"tokens": entries}))


def tokens(script: Script, clock: MemoryClock | None = None) -> Tokens:
    return Tokens(client("secretsmanager", script), SETTINGS, clock or MemoryClock())


@pytest.mark.parametrize(
    ("token", "principal"),
    [
        ("open sesame", Principal(name="ops", role="operator")),
        ("let me look ü", Principal(name="ü-reader", role="reader")),
        ("", None),
        ("open sesam", None),
        (HASHED["sha256"], None),
        ("\udcff", None),
    ],
)
def test_a_token_has_one_principal(token: str, principal: Principal | None) -> None:
    assert tokens(Script([secret(HASHED, PLAIN)])).authenticate(token) == principal


def test_a_token_may_be_limited_to_objects() -> None:
    found = tokens(Script([secret({**HASHED, "objects": ["orders", "users"]})])).authenticate("open sesame")
    assert found == Principal(name="ops", role="operator", objects=frozenset({"orders", "users"}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        *(({"objects": bad}, "objects must be") for bad in ([], "orders", [""], [" orders"], [1], None, {"a": 1})),
        *(({"name": bad}, "name must be") for bad in ("", " ", "ops ", 1, None)),
        *(({"role": bad}, "role must be reader or operator") for bad in ("", "Reader", "admin", None, [], {})),
        *(({"sha256": bad}, "sha256 must be") for bad in ("", "00", "g" * 64, "0 " * 32, "0" * 66, 1, None)),
        ({"token": "CANARY"}, "either sha256 or token"),
    ],
)
def test_an_entry_that_could_mean_something_else_is_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(Refused, match=f"malformed: entry 2: .*{fault}"):
        tokens(Script([secret(PLAIN, {**HASHED, **change})])).authenticate("open sesame")


@pytest.mark.parametrize("token", ["", " ", "open sesame ", None, 1])
def test_a_token_that_no_caller_can_send_is_refused(token: Any) -> None:
    with pytest.raises(Refused, match="entry 1: token must be"):
        tokens(Script([secret({**PLAIN, "token": token})])).authenticate("open sesame")


@pytest.mark.parametrize(
    "same", [HASHED, {**HASHED, "sha256": HASHED["sha256"].upper()}, {**PLAIN, "token": "open sesame"}]
)
def test_a_token_with_two_principals_is_refused(same: dict[str, Any]) -> None:
    """They may have different roles: no order of the entries decides which one a request has."""
    with pytest.raises(Refused, match="entries 1 and 3 have the same token"):
        tokens(Script([secret(HASHED, PLAIN, same)])).authenticate("open sesame")


@given(content=JSON)
def test_any_content_is_read_or_refused(content: Any) -> None:
    with contextlib.suppress(Refused):
        assert all(principal.name and principal.role for _, principal in read_tokens(json.dumps(content)))


def test_tokens_are_kept_for_a_while_and_then_read_again() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), secret(PLAIN)])
    known = tokens(script, clock)
    assert known.authenticate("open sesame")
    clock.advance(SETTINGS.token_cache_seconds - 1)
    assert known.authenticate("open sesame")
    assert len(script.requests) == 1
    clock.advance(1)
    assert known.authenticate("open sesame") is None
    assert known.authenticate("let me look ü")
    assert len(script.requests) == 2


def test_a_new_token_is_known_within_seconds() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), secret(HASHED, PLAIN)])
    known = tokens(script, clock)
    assert known.authenticate("let me look ü") is None
    clock.advance(NEW_TOKEN_SECONDS - 1)
    assert known.authenticate("let me look ü") is None
    assert len(script.requests) == 1  # guesses do not cost a read each
    clock.advance(1)
    assert known.authenticate("let me look ü")
    assert len(script.requests) == 2


def test_a_secret_without_tokens_is_kept_as_well() -> None:
    script = Script([secret(), secret()])
    known = tokens(script)
    assert (known.authenticate("a"), known.authenticate("b")) == (None, None)
    assert len(script.requests) == 1


def test_a_clock_that_is_set_back_does_not_keep_tokens_alive() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), secret(PLAIN)])
    known = tokens(script, clock)
    assert known.authenticate("open sesame")
    clock.advance(-3_600)
    assert known.authenticate("open sesame") is None


def test_tokens_that_cannot_be_read_again_are_not_trusted_longer() -> None:
    clock, script = MemoryClock(), Script([secret(HASHED), error("ThrottlingException")])
    known = tokens(script, clock)
    assert known.authenticate("open sesame")
    clock.advance(SETTINGS.token_cache_seconds)
    with pytest.raises(Throttled):
        known.authenticate("open sesame")


def test_what_is_no_text_in_the_secret_of_a_source_is_left_out() -> None:
    """A secret that RDS has made has its port as a number."""
    text = json.dumps({"username": "u", "password": "p", "port": 5432, "ssl": True, "more": None})
    found = SourceSecrets(client("secretsmanager", Script([reply(SecretString=text)])), "dev").read("shop")
    assert found == {"username": "u", "password": "p"}


@pytest.mark.parametrize("text", ["", "CANARY", '["CANARY"]', '"CANARY"', "7", "[" * 100_000])
def test_a_secret_of_a_source_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="landfall-dev-source/shop is no JSON object") as caught:
        SourceSecrets(client("secretsmanager", Script([reply(SecretString=text)])), "dev").read("shop")
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    "response",
    [
        reply(SecretString="CANARY"),
        reply(SecretString='["CANARY"]'),
        reply(SecretString='{"tokens": [{"CANARY": 1}]}'),
        reply(SecretString='{"tokens": ["CANARY"]}'),
        secret({**PLAIN, "role": "CANARY"}),
        secret({**PLAIN, "token": "CANARY "}),
        secret({**PLAIN, "token": "CANARY"}, {**PLAIN, "token": "CANARY"}),
        secret({**HASHED, "sha256": "CANARY"}),
        secret({**HASHED, "sha256": "00"}),
        reply(SecretBinary="Q0FOQVJZ"),
        error("ResourceNotFoundException", message="CANARY"),
    ],
)
def test_a_bad_secret_is_refused_without_a_word_of_it(response: Response) -> None:
    with pytest.raises(Refused) as caught:
        tokens(Script([response])).authenticate("x")
    error: BaseException | None = caught.value
    while isinstance(error, LandfallError):
        assert "CANARY" not in str(error)
        error = error.__cause__
