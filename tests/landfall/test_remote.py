"""Commands that talk to a deployment, against an API that answers over HTTP as ours does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from landfall.remote.deployment import advice
from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import KEY, PATH, FakeApi


@pytest.mark.parametrize(("http", "code"), [(400, 2), (401, 3), (403, 3), (404, 3), (409, 1), (500, 3), (503, 3)])
def test_errors_are_one_sentence(landfall: Landfall, api: FakeApi, http: int, code: int) -> None:
    api.answers = {f"GET {PATH}": [(http, {"error": {"code": "X", "message": "the reason"}})]}
    done = landfall("status", KEY)
    assert done.code == code
    about_the_way = "" if http in (400, 404, 409) else f"the API answers {http}: "
    assert done.err.splitlines() == [f"landfall: {about_the_way}the reason"]


def test_an_answer_that_is_no_json_is_an_error_too(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LANDFALL_TOKEN", "x")
    done = landfall("status", KEY)
    assert done.code == 3
    assert "does not answer" in done.err


@pytest.mark.parametrize("body", [{"message": "not authorized"}, {"Message": "not authorized"}])
def test_the_gateways_answer_is_reported_too(landfall: Landfall, api: FakeApi, body: dict[str, Any]) -> None:
    api.answers = {f"GET {PATH}": [(403, body)], "POST /runs/task": [(403, body)]}
    assert landfall("status", KEY).err == "landfall: the API answers 403: not authorized\n"
    assert "role operator" in landfall("rerun", "task").err


@pytest.mark.parametrize(
    ("url", "tokens", "answers", "hint"),
    [
        ("http://127.0.0.1:9", None, False, "no local stack is up"),
        ("http://127.0.0.1:9", ["x"], False, "source .landfall/env again"),
        ("", ["x"], False, "source .landfall/env again"),
        ("", ["old"], False, "`landfall up` repairs it"),
        ("", ["x"], True, "source .landfall/env again"),
        ("", ["old"], True, "401: no such token\n"),
    ],
)
def test_a_shell_of_an_earlier_stack_is_shown_what_to_do(
    landfall: Landfall,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    url: str,
    tokens: list[str] | None,
    answers: bool,
    hint: str,
) -> None:
    here = api.url if answers else "http://127.0.0.1:8"
    monkeypatch.setenv("LANDFALL_API_URL", url or here)
    monkeypatch.setenv("LANDFALL_TOKEN", "old")
    monkeypatch.setenv("LANDFALL_STATE_DIR", str(tmp_path))
    if tokens is not None:
        named = tmp_path / "tokens.json"
        named.write_text(json.dumps(dict(enumerate(tokens))))
        (tmp_path / "stack.json").write_text(json.dumps({"urls": {"api": here}, "files": {"tokens": str(named)}}))
    done = landfall("status")
    assert done.code == 3
    assert hint in done.err
    assert "urlopen" not in done.err


@pytest.mark.parametrize(
    ("endpoint", "code", "told"),
    [
        ("http://127.0.0.1:9", "403", "source .landfall/env again"),
        ("http://127.0.0.1:9", "NoSuchBucket", ""),
        ("https://s3.eu-west-1.amazonaws.com", "403", ""),
    ],
)
def test_old_keys_in_the_shell_are_named_as_the_cause(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, code: str, told: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    said = advice(ClientError({"Error": {"Code": code, "Message": "Forbidden"}}, "PutObject"))
    assert bool(said) == bool(told)
    assert told in said


def test_a_token_is_not_shown_though_gateway_quotes_it(landfall: Landfall, api: FakeApi) -> None:
    said = "Invalid key=value pair (missing equal-sign) in Authorization header: 'Bearer secret'"
    api.answers = {f"GET {PATH}": [(403, {"message": said})]}
    err = landfall("status", KEY).err
    assert "secret" not in err
    assert "is LANDFALL_API_URL the address of the API?" in err


def test_an_address_without_a_scheme_is_a_wrong_call(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_API_URL", "api.example.com")
    monkeypatch.setenv("LANDFALL_TOKEN", "x")
    done = landfall("status")
    assert done.code == 2
    assert "must begin with https://" in done.err


def test_a_wrong_token_is_reported(landfall: Landfall, api: FakeApi) -> None:
    api.token = "other"
    assert landfall("status").code == 3


def test_without_a_deployment_the_way_on_is_named(landfall: Landfall) -> None:
    done = landfall("status")
    assert done.code == 3
    assert "landfall up" in done.err


def test_an_url_without_a_token_is_a_wrong_call(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_API_URL", "http://127.0.0.1:9")
    assert landfall("status").code == 2
