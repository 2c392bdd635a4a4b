"""The CDK construct says what the template says: its parameters, and the stack that it synthesizes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from deploy.bundle.package import generate
from deploy.stage import ROOT
from deploy.template.merge import merge
from tests.packaging.chosen import chosen

HERE = ROOT / "infra/cdk"
sys.path.append(str(HERE / "landfall_cdk"))  # not the package itself: that imports CDK
from parameters import Parameters  # type: ignore[import-not-found]  # noqa: E402

PYTHON = ROOT / ".venv-cdk/bin/python"
PARAMETERS = {name: said for name, said in merge("prod")["Parameters"].items() if name != "Stage"}
GIVEN: dict[str, Any] = {
    "create_warehouse": False,
    "workgroup_name": "own",
    "workgroup_arn": "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/own",
    "support_email": "a@b.example",
    "keep_processed_days": 30,
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
}
SYNTH = """
import json, sys
from pathlib import Path
import aws_cdk as cdk
from landfall_cdk import Landfall, Parameters
app = cdk.App(outdir=sys.argv[2])
landfall = Landfall(app, "dev", package=Path(sys.argv[1]), parameters=Parameters(**json.loads(sys.argv[3])))
other = cdk.Stack(app, "other")
for name in ("api_url", "bucket", "success_topic", "failure_topic"):
    cdk.CfnOutput(other, name, value=getattr(landfall, name))
app.synth()
"""


def _field(parameter: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).lower()


# ---- without CDK ----------------------------------------------------------------------------------------------------


def test_fields_are_exactly_the_templates_parameters() -> None:
    assert [field.name for field in fields(Parameters)] == [_field(name) for name in PARAMETERS]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_field_has_its_parameters_type_and_no_default(parameter: str) -> None:
    said = PARAMETERS[parameter]
    kind = {"Number": "int", "CommaDelimitedList": "Sequence[str]"}.get(said["Type"], "str")
    wanted = "bool" if said.get("AllowedValues") == ["true", "false"] else kind
    [field] = [field for field in fields(Parameters) if field.name == _field(parameter)]
    assert (field.type, field.default) == (f"{wanted} | None", None)
    assert get_type_hints(Parameters)


def test_given_parameters_are_as_cloudformation_writes_them() -> None:
    assert Parameters().given() == {}
    assert Parameters(**GIVEN).given() == {
        "CreateWarehouse": "false",
        "WorkgroupName": "own",
        "WorkgroupArn": GIVEN["workgroup_arn"],
        "SupportEmail": "a@b.example",
        "KeepProcessedDays": "30",
        "SubnetIds": GIVEN["subnet_ids"],
    }


# ---- with CDK -------------------------------------------------------------------------------------------------------

needs_cdk = pytest.mark.skipif(
    not PYTHON.exists() or shutil.which("node") is None, reason="CDK is not here: `make cdk` gets it; it needs node"
)


def packaged(where: Path, orchestrator: str) -> tuple[Path, dict[str, Any]]:
    with chosen(orchestrator):
        out = generate("dev", "x86_64", None, where / "project", where / "out").parent
    return out, json.loads((out / "template.json").read_text())


def synthesized(package: Path, out: Path, **given: Any) -> dict[str, Any]:
    command = [str(PYTHON), "-c", SYNTH, str(package), str(out), json.dumps(given)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads((out / "landfall-dev.template.json").read_text()))


def exported(template: dict[str, Any]) -> list[Any]:
    """The values that CDK exports for another stack."""
    return [said["Value"] for name, said in template["Outputs"].items() if name.startswith("ExportsOutput")]


def plain(resources: dict[str, Any]) -> dict[str, Any]:
    """Without what CDK adds or writes otherwise: the zip's place, its own metadata, one dependency as a list."""
    found = json.loads(json.dumps(resources))
    found.pop("CDKMetadata", None)
    for resource in found.values():
        resource.get("Properties", {}).pop("CodeUri", None)
        if isinstance(resource.get("DependsOn"), str):
            resource["DependsOn"] = [resource["DependsOn"]]
    return dict(found)


@needs_cdk
@pytest.mark.parametrize("orchestrator", ["sqs", "step_functions"])
def test_the_stack_has_the_resources_of_the_template(tmp_path: Path, orchestrator: str) -> None:
    package, template = packaged(tmp_path, orchestrator)
    found = synthesized(package, tmp_path / "cdk")
    ours, theirs = plain(template["Resources"]), plain(found["Resources"])
    assert ours.keys() == theirs.keys()
    assert [name for name, resource in ours.items() if resource != theirs[name]] == []
    for part in ("Outputs", "Conditions"):
        assert [name for name, said in template[part].items() if found[part][name] != said] == []
    assert found["Transform"] == template["Transform"]
    names = ("RestAPI", "LandingBucket", "SuccessTopic", "FailureTopic")
    assert exported(found) == [{"Ref": name} for name in names]
    locations = [
        json.dumps(resource["Properties"]["CodeUri"])
        for resource in found["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    assert len(set(locations)) == 1
    assert '"Bucket"' in locations[0]
    assert ".zip" in locations[0]
    manifest = json.loads((tmp_path / "cdk/manifest.json").read_text())["artifacts"]["landfall-dev"]
    assert manifest["properties"]["tags"] == {"Environment": "dev", "Project": "landfall"}


@needs_cdk
def test_parameters_become_part_of_the_template(tmp_path: Path) -> None:
    package, template = packaged(tmp_path, "sqs")
    found = synthesized(package, tmp_path / "cdk", **GIVEN)
    assert template["Parameters"].keys() - found["Parameters"].keys() == Parameters(**GIVEN).given().keys()
    assert found["Conditions"]["MakesWarehouse"] == {"Fn::Equals": ["false", "true"]}
    assert not [name for name in Parameters(**GIVEN).given() if f'"Ref": "{name}"' in json.dumps(found)]
    # W8003: comparisons of given parameters are of two texts.
    command = [Path(sys.executable).parent / "cfn-lint", "--ignore-checks", "W8003", "--format", "parseable"]
    done = subprocess.run(
        [*command, tmp_path / "cdk/landfall-dev.template.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@needs_cdk
def test_a_package_of_another_stage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(json.dumps({"Parameters": {"Stage": {"Default": "prod"}}}))
    with pytest.raises(AssertionError, match="is of stage prod: make package STAGE=dev"):
        synthesized(tmp_path, tmp_path / "cdk")
