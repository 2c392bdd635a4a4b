"""What examples/ shows is valid, and names verbs, options and variables that are there."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from typer.testing import CliRunner

from deploy.stage import stage_name
from landfall.contracts import FOLDER_VARIABLE
from landfall.main import app
from tests.support.paths import ROOT

TEXT = (ROOT / "examples/github-actions.yml").read_text()
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
UPGRADE = (ROOT / "docs/operate/upgrade.md").read_text()


class Strict(yaml.SafeLoader):
    """Refuses a key that is there twice: YAML keeps the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep) for key, _ in node.value]
        assert len(keys) == len(set(keys)), keys
        return super().construct_mapping(node, deep)


def steps() -> list[dict[str, Any]]:
    (job,) = WORKFLOW["jobs"].values()
    return list(job["steps"])


def test_the_workflow_is_yaml_without_tabs_or_double_keys() -> None:
    assert yaml.load(TEXT, Strict) == WORKFLOW
    assert "\t" not in TEXT
    assert max(map(len, TEXT.splitlines())) <= 120
    assert set(WORKFLOW) == {"name", True, "permissions", "concurrency", "env", "jobs"}, "`on` is a boolean in YAML"


def test_credentials_come_from_oidc_alone() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "id-token": "write"}
    (login,) = [step for step in steps() if "configure-aws-credentials" in step.get("uses", "")]
    assert set(login["with"]) == {"role-to-assume", "aws-region"}
    assert "secrets." not in TEXT


def test_each_step_runs_an_action_or_a_command_that_is_there() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for step in steps():
        assert ("uses" in step) != ("run" in step), step
        if made := re.match(r"make ([a-z-]+)", step.get("run", "")):
            assert made[1] in verbs
        if ran := re.match(r"\.venv/bin/landfall ([a-z]+)(.*)", step.get("run", "")):
            shown = CliRunner().invoke(app, [ran[1], "--help"]).stdout
            assert all(option in shown for option in re.findall(r"--[a-z-]+", ran[2])), step
    assert FOLDER_VARIABLE in WORKFLOW["env"]
    assert stage_name(WORKFLOW["env"]["STAGE"])


def test_the_trust_policy_names_the_workflows_environment() -> None:
    block = re.search(r"```json\n(.*?)```", UPGRADE, re.DOTALL)
    assert block
    (statement,) = json.loads(block[1])["Statement"]
    (condition,) = statement["Condition"].values()
    (job,) = WORKFLOW["jobs"].values()
    subject = condition["token.actions.githubusercontent.com:sub"]
    assert subject.endswith(f":environment:{job['environment']}"), "a wildcard would let any branch deploy"
    assert "*" not in subject
    assert condition["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
