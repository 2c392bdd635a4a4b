"""Which deployment is tried, and how its warehouse is reached."""

from __future__ import annotations

import json

import pytest

from landfall.doctor.site import of_stage, opened
from landfall.faults import CommandError
from landfall.migration.target import Asked
from tests.landfall.doctor.stage import Account


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
    with of_stage(account, Asked(stage="dev")) as site:
        assert site.deployment.api_url == url
        assert site.deployment.bucket == "landing"
        assert site.new_token
        assert site.warehouse is not None
        assert len(json.loads(account.tokens)["tokens"]) == 1
    assert json.loads(account.tokens) == {"tokens": []}


def test_without_the_administrators_secret_there_is_no_warehouse() -> None:
    with of_stage(Account(keeps=False), Asked(stage="dev")) as site:
        assert site.warehouse is None


def test_a_stage_without_an_api_is_named_with_its_fix() -> None:
    account = Account()
    account.asks = {}
    with (
        pytest.raises(CommandError, match="stage dev has no API: run `make deploy STAGE=dev`"),
        of_stage(account, Asked(stage="dev")),
    ):
        pass


def test_the_address_in_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"API_URL": "https://x.example/api", "TOKEN": "t", "BUCKET": "theirs"}.items():
        monkeypatch.setenv(f"LANDFALL_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with opened(Asked(stage="dev")) as site:
        assert (site.deployment.api_url, site.deployment.bucket) == ("https://x.example/api", "theirs")
        assert site.warehouse is None
        assert not site.new_token
