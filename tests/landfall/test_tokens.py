"""`landfall token`: rotation without an outage, and no token is stored or shown twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from chalicelib.adapters.memory import MemoryClock
from chalicelib.adapters.secrets import Principal, Tokens
from chalicelib.errors import Refused
from landfall.faults import CommandError
from landfall.main import app
from landfall.tokens import TRIES, Secret, add, revoke, token_id
from tests.support.settings import SETTINGS

NAME = "landfall-dev-tokens"
GOOD = {"name": "a", "role": "reader", "token": "plain"}


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Secrets Manager with the empty secret that a stack makes."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("LANDFALL_STAGE", raising=False)
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-west-1")
        client.create_secret(Name=NAME, SecretString='{"tokens": []}')
        yield client


def command(*words: str) -> str:
    done = CliRunner().invoke(app, ["token", *words, "--stage", "dev"])
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(code: int, *words: str) -> str:
    done = CliRunner().invoke(app, ["token", *words, "--stage", "dev"])
    assert done.exit_code == code, done.output
    return done.stderr


@dataclass(frozen=True)
class Current:
    """Secrets Manager as AWS has it: without a stage, AWSCURRENT is read. moto returns the first version."""

    manager: Any

    def get_secret_value(self, **asked: str) -> Any:
        return self.manager.get_secret_value(**asked, VersionStage="AWSCURRENT")


def caller(manager: Any, token: str) -> Principal | None:
    """Whose token the API takes it for."""
    return Tokens(Current(manager), replace(SETTINGS, tokens_secret=NAME), MemoryClock()).authenticate(token)


def test_old_and_new_are_valid_until_one_is_revoked(manager: Any) -> None:
    old = command("add", "ops", "--role", "operator").strip()
    new = command("add", "ops", "--role", "operator").strip()
    assert old != new
    both = Principal(name="ops", role="operator")
    assert caller(manager, old) == caller(manager, new) == both
    ids = [line.split()[0] for line in command("list").splitlines()]
    assert all(one in refused(2, "revoke", "ops") for one in ids)
    assert f"ops ({ids[0]}) is revoked" in command("revoke", ids[0])
    assert (caller(manager, old), caller(manager, new)) == (None, both)
    assert "is revoked" in command("revoke", "ops")
    assert caller(manager, new) is None
    assert "every caller" in command("list")


def test_a_token_is_shown_once_and_stored_as_its_hash(manager: Any) -> None:
    token = command("add", "dashboard").strip()
    stored = Current(manager).get_secret_value(SecretId=NAME)["SecretString"]
    shown = command("list") + command("list", "--json")
    assert token not in stored + shown
    assert json.loads(stored)["tokens"][0].keys() == {"name", "role", "sha256", "added"}
    assert json.loads(stored)["tokens"][0]["sha256"] not in shown
    assert len(token) >= 43


def test_a_token_may_be_limited_to_contracts_that_are_there(manager: Any) -> None:
    token = command("add", "sales", "--object", "orders", "--object", "transactions").strip()
    found = caller(manager, token)
    assert found
    assert (found.role, found.objects) == ("reader", {"orders", "transactions"})
    assert 'no contract "order"' in refused(2, "add", "sales", "--object", "order")
    assert json.loads(command("list", "--json"))["objects"] == ["orders", "transactions"]


def test_nothing_to_revoke_or_no_secret_is_reported(manager: Any) -> None:
    assert "no token has the name or id ops" in refused(3, "revoke", "ops")
    manager.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    assert "there is no secret landfall-dev-tokens" in refused(3, "list")


def test_a_malformed_secret_is_left_alone(manager: Any) -> None:
    for text in ("no json", "[]", '{"tokens": [{"name": "a"}]}', '{"tokens": ["a"]}'):
        manager.put_secret_value(SecretId=NAME, SecretString=text)
        assert "is malformed" in refused(2, "add", "ops")
        assert Current(manager).get_secret_value(SecretId=NAME)["SecretString"] == text


@pytest.mark.parametrize("words", [("list",), ("add", "ops"), ("revoke", "a")])
@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([{**GOOD, "objects": []}], "entry 1: objects must be a list of names"),
        ([GOOD, {**GOOD, "token": "b", "role": "admin"}], "entry 2: role must be reader or operator"),
        ([GOOD, {**GOOD, "name": "b"}], "entries 1 and 2 have the same token: remove one"),
        ([{**GOOD, "name": ""}], "entry 1: name must be a text"),
    ],
)
def test_what_the_api_refuses_is_reported(manager: Any, entries: Any, fault: str, words: tuple[str, ...]) -> None:
    manager.put_secret_value(SecretId=NAME, SecretString=json.dumps({"tokens": entries}))
    error = refused(2, *words)
    assert fault in error
    assert "aws secretsmanager put-secret-value --secret-id landfall-dev-tokens" in error
    with pytest.raises(Refused, match=fault):
        caller(manager, "any")


@pytest.mark.parametrize("name", ["", " ", " ops"])
def test_no_token_is_added_that_the_api_refuses(manager: Any, name: str) -> None:
    assert "nothing was changed, because the API would refuse it" in refused(2, "add", name)
    assert "every caller" in command("list")


def test_entries_that_others_wrote_are_kept_as_they_are(manager: Any) -> None:
    theirs = [{"name": "a", "role": "reader", "token": "plain", "note": "kept"}]
    manager.put_secret_value(SecretId=NAME, SecretString=json.dumps({"owner": "team a", "tokens": theirs}))
    command("add", "ops")
    stored = json.loads(Current(manager).get_secret_value(SecretId=NAME)["SecretString"])
    assert stored["owner"] == "team a"
    assert stored["tokens"][0] == theirs[0]
    assert caller(manager, "plain")
    command("revoke", token_id(theirs[0]))
    assert caller(manager, "plain") is None


class Racing:
    """Secrets Manager in which another operator adds tokens between a read and a write, so many times."""

    def __init__(self, manager: Any, times: int) -> None:
        self.manager, self.exceptions, self.left = manager, manager.exceptions, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self.manager, name)

    def put_secret_value(self, **put: Any) -> Any:
        if self.left:
            self.left -= 1
            add(Secret(manager=self.manager, name=NAME), "theirs", "reader", [], "now")
        return self.manager.put_secret_value(**put)


CHANGES = pytest.mark.parametrize(
    ("change", "kept"),
    [
        (lambda s: add(s, "mine", "reader", [], "now"), ["old", "theirs", "mine"]),
        (lambda s: revoke(s, "old"), ["theirs"]),
    ],
)


@CHANGES
def test_no_change_of_another_operator_is_lost(manager: Any, change: Any, kept: list[str]) -> None:
    add(Secret(manager=manager, name=NAME), "old", "reader", [], "before")
    change(Secret(manager=Racing(manager, times=1), name=NAME))
    assert [entry["name"] for entry in Secret(manager=manager, name=NAME).entries()] == kept


@CHANGES
def test_a_secret_that_changes_at_each_try_is_left(manager: Any, change: Any, kept: list[str]) -> None:
    add(Secret(manager=manager, name=NAME), "old", "reader", [], "before")
    with pytest.raises(CommandError, match="nothing was done, try again"):
        change(Secret(manager=Racing(manager, times=TRIES), name=NAME))
    names = [entry["name"] for entry in Secret(manager=manager, name=NAME).entries()]
    assert names == ["old", *["theirs"] * TRIES]
