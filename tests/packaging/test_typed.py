"""Chalice's own commands, typed in the checkout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import click
import pytest

from deploy import typed
from deploy.stack import FUNCTION
from deploy.stage import ROOT
from tests.packaging.chosen import chosen
from tests.packaging.cloud import Cloud

USUAL: dict[str, dict[str, Any]] = {
    "deploy": {"stage": "dev", "profile": None, "api_gateway_stage": None, "connection_timeout": None},
    "package": {"stage": "dev", "out": "packaged", "pkg_format": "cloudformation", "template_format": "json"},
}


@contextmanager
def command(name: str, **params: Any) -> Iterator[None]:
    """Chalice's command, at the moment when it loads the app."""
    context = click.Context(click.Command(name), info_name=name)
    context.params = {**USUAL.get(name, {}), **params}
    with context:
        yield


def refused(name: str, **params: Any) -> str:
    with command(name, **params), pytest.raises(SystemExit) as ended:
        typed.typed()
    return str(ended.value)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The account's CloudFormation. A client of any other service would be an error."""
    found = Cloud()
    session = SimpleNamespace(region_name="eu-west-1", client={"cloudformation": found}.__getitem__)
    monkeypatch.setattr(typed.account, "session", lambda *, emulated: session)
    return found


def test_without_infrastructure_a_deployment_is_refused(cloud: Cloud) -> None:
    wanted = "chalice deploy: stage dev has no infrastructure yet; make it by: make infrastructure STAGE=dev"
    assert refused("deploy") == wanted
    assert cloud.requests == []


def test_functions_of_a_template_are_left_to_it(cloud: Cloud) -> None:
    cloud.status, cloud.resources = "CREATE_COMPLETE", [(FUNCTION, "landfall-dev")]
    assert "was made by make package, Terraform or CDK" in refused("deploy")


def test_a_profile_wins_over_keys_in_the_environment(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text("[prod]\naws_access_key_id = of-prod\naws_secret_access_key = testing\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "other")
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(key, "of-the-environment")
    refused("deploy", profile="prod")
    found = boto3.Session().get_credentials()
    assert found
    assert found.access_key == "of-prod"


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("deploy", {"connection_timeout": 3}),
        ("deploy", {"api_gateway_stage": "v1"}),
        ("package", {"pkg_format": "terraform"}),
        ("package", {"merge_template": "mine.json"}),
    ],
)
def test_an_option_without_effect_is_refused(name: str, option: dict[str, Any], cloud: Cloud) -> None:
    (shown,) = option
    assert f"--{shown.replace('_', '-')} has no effect here" in refused(name, **option)


def test_other_commands_load_the_app_as_it_is() -> None:
    for name in ("local", "invoke", "logs"):
        with command(name):
            typed.typed()
    typed.typed()  # as in the server of `chalice local`, which loads the app in a thread of its own


def test_the_template_of_a_typed_command_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed, "vendor", lambda architecture, build: None)
    monkeypatch.setattr(typed, "BUILD", tmp_path / "build")
    with command("package", out=str(tmp_path / "out")), pytest.raises(SystemExit) as ended:
        typed.typed()
    assert ended.value.code == 0
    made = json.loads((tmp_path / "out/sam.json").read_text())
    assert {"LandingBucket", "AdvanceRun", "RestAPI"} <= set(made["Resources"])
    assert (tmp_path / "out/deployment.zip").exists()


def test_a_typed_template_has_the_rule_that_its_stage_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed, "vendor", lambda architecture, build: None)
    monkeypatch.setattr(typed, "BUILD", tmp_path / "build")
    with chosen("sqs", wiring="eventbridge"), command("package", out=str(tmp_path)), pytest.raises(SystemExit):
        typed.typed()
    made = json.loads((tmp_path / "sam.json").read_text())["Resources"]
    assert made["LandingRule"]["Properties"]["Targets"][0]["Arn"] == {"Fn::GetAtt": ["OnIncoming", "Arn"]}
    assert "DependsOn" not in made["LandingBucket"]
    assert made["OnIncomingPermission"]["Properties"]["SourceArn"] == {"Fn::GetAtt": ["LandingRule", "Arn"]}


@pytest.mark.parametrize("name", ["deploy", "package"])
def test_a_typed_command_refuses_a_wiring_there_is_not(name: str, cloud: Cloud) -> None:
    said = "LANDFALL_S3_WIRING is sns: it is notification or eventbridge"
    wanted = f"chalice {name}: .chalice/config.json, stage dev: {said}"
    with chosen("sqs", wiring="sns"):
        assert refused(name) == wanted
    assert cloud.requests == []


def test_the_app_leaves_chalices_command_to_this() -> None:
    assert "from deploy.typed import typed" in (ROOT / "app.py").read_text()
