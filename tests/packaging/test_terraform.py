"""The Terraform module says what the template says: its variables, what it passes on, its outputs."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hcl2.utils import SerializationOptions

from deploy.bundle.package import CODE
from deploy.stage import ROOT
from deploy.template.merge import merge

MODULE = ROOT / "infra/terraform"
PLAIN = SerializationOptions(strip_string_quotes=True, with_comments=False)
TEMPLATE = merge("prod")
PARAMETERS = {name: said for name, said in TEMPLATE["Parameters"].items() if name != "Stage"}
OWN = {"package", "artifacts_bucket", "daily_rpu_hours", "tags"}
BY_CHALICE = {"EndpointURL"}


@functools.cache
def _blocks(kind: str) -> dict[str, Any]:
    """All blocks of a kind in the module, by their names."""
    texts = (path.read_text() for path in MODULE.glob("*.tf"))
    return {
        name: block
        for text in texts
        for found in hcl2.loads(text, serialization_options=PLAIN).get(kind, [])
        for name, block in found.items()
    }


def _variable(parameter: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).lower()


def test_variables_are_exactly_the_templates_parameters() -> None:
    assert set(_blocks("variable")) - OWN == {_variable(name) for name in PARAMETERS}


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_variable_has_its_parameters_type_and_no_default(parameter: str) -> None:
    said, variable = PARAMETERS[parameter], _blocks("variable")[_variable(parameter)]
    kind = {"Number": "number", "CommaDelimitedList": "${list(string)}"}.get(said["Type"], "string")
    assert variable["type"] == ("bool" if said.get("AllowedValues") == ["true", "false"] else kind)
    assert variable["default"] is None
    assert variable["description"][:40] == said["Description"][:40]


def test_each_variable_is_passed_on_as_its_own_parameter() -> None:
    passed = _blocks("locals")["parameters"]
    named = {name: re.findall(r"var\.(\w+)", text) for name, text in passed.items()}
    assert named == {name: [_variable(name)] for name in PARAMETERS}
    assert "local.parameters" in _stack()["parameters"]


def _stack() -> dict[str, Any]:
    return dict(_blocks("resource")["aws_cloudformation_stack"]["landfall"])


def test_terraform_makes_the_same_stack_tags_and_rights() -> None:
    stack = _stack()
    assert stack["name"] == "landfall-${local.stage}"
    assert stack["tags"] == "${local.tags}"
    assert set(stack["capabilities"]) == {"CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}
    assert _blocks("locals")["code"] == CODE
    assert re.findall(r"(\w+) = ", _blocks("locals")["tags"]) == ["Environment", "Project"]


def test_outputs_are_outputs_of_the_template() -> None:
    named = re.findall(r'outputs\["(\w+)"\]', (MODULE / "outputs.tf").read_text())
    assert len(named) == 3
    assert set(named) <= set(TEMPLATE["Outputs"]) | BY_CHALICE


def test_versions_are_bounded() -> None:
    said = _blocks("terraform")
    assert said["required_version"].startswith(">= ")
    assert "< " in said["required_providers"][0]["aws"]["version"]


@pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no Terraform here")
def test_terraform_takes_the_module_for_valid(tmp_path: Path) -> None:
    module = shutil.copytree(MODULE, tmp_path / "module", ignore=shutil.ignore_patterns(".terraform*"))
    made = _terraform(module, "init", "-no-color", "-backend=false", "-input=false")
    if "Failed to query available provider packages" in made.stderr:
        pytest.skip("there is no AWS provider for Terraform here")
    assert made.returncode == 0, made.stderr
    assert _terraform(module, "fmt", "-check", "-diff").stdout == ""
    checked = _terraform(module, "validate", "-no-color")
    assert checked.returncode == 0, checked.stderr


def _terraform(module: Path, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["terraform", f"-chdir={module}", verb, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
