"""Which deployment is tried, and how its warehouse is reached."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from landfall.doctor.site import of_stage, opened, temporary_token
from landfall.faults import CommandError
from landfall.migration.target import WarehouseOptions
from landfall.tokens import Secret, add
from tests.landfall.doctor.stage import Account, Secrets


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://apigateway.eu-west-1.amazonaws.com", "https://api.execute-api.eu-west-1.amazonaws.com/api"),
        ("https://apigateway.cn-north-1.amazonaws.com.cn", "https://api.execute-api.cn-north-1.amazonaws.com.cn/api"),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566/restapis/api/api/_user_request_"),
    ],
)
def test_a_stage_has_its_address_its_bucket_and_a_token(endpoint: str, url: str) -> None:
    account = Account(endpoint=endpoint)
    with of_stage(account, WarehouseOptions(stage="dev")) as site:
        assert site.deployment.api_url == url
        assert site.deployment.bucket == "landing"
        assert site.new_token
        assert site.warehouse is not None
        assert len(account.secrets.content["tokens"]) == 1
    assert account.secrets.content == {"tokens": [], "note": "kept"}


@pytest.mark.usefixtures("local_settings")
def test_the_stage_local_is_the_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with (
        pytest.raises(CommandError, match=r"Could not connect to the endpoint URL: .http://127\.0\.0\.1:8/"),
        opened(WarehouseOptions(stage="local")),
    ):
        pass


def fails_within(secrets: Secrets) -> str:
    """Run a test that ends in an error, while another operator adds a token. Return the test's token."""
    secret, seen = Secret(manager=secrets, name="landfall-dev-tokens"), list[str]()
    with suppress(KeyError), temporary_token(secret) as token:
        seen.append(token)
        (entry,) = secrets.content["tokens"]
        assert (entry["name"], entry["role"], entry["objects"]) == ("landfall-doctor", "reader", ["landfall_smoke"])
        assert token not in secrets.versions[-1]
        add(secret, "later", "reader", [], "now")
        raise KeyError
    return seen[0]


def test_the_token_is_removed_and_those_of_others_stay() -> None:
    secrets = Account().secrets
    first = fails_within(secrets)
    assert [entry["name"] for entry in secrets.content["tokens"]] == ["later"]
    assert first != fails_within(Account().secrets)


def test_a_token_added_during_the_removal_stays() -> None:
    class Racing(Secrets):
        def put_secret_value(self, **request: Any) -> Any:
            """Another operator's version becomes current first, once."""
            if len(self.versions) == 2:
                theirs = json.dumps(
                    {"tokens": [*self.content["tokens"], {"name": "b", "role": "reader", "token": "t"}]}
                )
                self.versions.append(theirs)
                self.current = 2
            return super().put_secret_value(**request)

    secrets = Racing('{"tokens": []}')
    with temporary_token(Secret(manager=secrets, name="landfall-dev-tokens")):
        assert len(secrets.content["tokens"]) == 1
    assert [entry["name"] for entry in secrets.content["tokens"]] == ["b"]


def test_without_the_administrators_secret_there_is_no_warehouse() -> None:
    with of_stage(Account(keeps=False), WarehouseOptions(stage="dev")) as site:
        assert site.warehouse is None


def test_a_stage_without_an_api_is_named_with_its_fix() -> None:
    account = Account()
    account.asks = {}
    with (
        pytest.raises(CommandError, match="stage dev has no API: run `make deploy STAGE=dev`"),
        of_stage(account, WarehouseOptions(stage="dev")),
    ):
        pass


def test_the_address_in_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"API_URL": "https://x.example/api", "TOKEN": "t", "BUCKET": "theirs"}.items():
        monkeypatch.setenv(f"LANDFALL_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with opened(WarehouseOptions(stage="dev")) as site:
        assert (site.deployment.api_url, site.deployment.bucket) == ("https://x.example/api", "theirs")
        assert site.warehouse is None
        assert not site.new_token
