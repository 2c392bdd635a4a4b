"""What the CDK construct synthesizes is the stack of the template."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from deploy.bundle.package import CODE, generate
from deploy.stage import ROOT, functions
from landfall.choices import EVENTBRIDGE, NOTIFICATION, SQS, STEP_FUNCTIONS
from landfall.contracts import FOLDER_VARIABLE
from tests.packaging.cdk import GIVEN, HERE, Parameters
from tests.packaging.chosen import chosen
from tests.sources.site import CONTRACT

PYTHON = ROOT / ".venv-cdk/bin/python"
SYNTH = """
import json, sys
from pathlib import Path
import aws_cdk as cdk
from landfall_cdk import Landfall, Parameters
app = cdk.App(outdir=sys.argv[2])
landfall = Landfall(app, "dev", package=Path(sys.argv[1]), parameters=Parameters(**json.loads(sys.argv[3])))
other = cdk.Stack(app, "other")
cdk.CfnResource(other, "Topic", type="AWS::SNS::Topic")
for name in ("api_url", "bucket", "success_topic", "failure_topic", "state_machine", "dashboard_url"):
    if value := getattr(landfall, name):
        cdk.CfnOutput(other, name.replace("_", ""), value=value)
app.synth()
"""
LATE = """
import sys
import aws_cdk as cdk
from pathlib import Path
from aws_cdk import aws_ec2 as ec2, aws_kms as kms
from landfall_cdk import Landfall, Parameters
app = cdk.App()
own = cdk.Stack(app, "own")
subnet = ec2.CfnSubnet(own, "Subnet", vpc_id="vpc-1", cidr_block="10.0.0.0/24")
parameters = Parameters(kms_key_arn=kms.Key(own, "Key").key_arn, subnet_ids=["subnet-1", subnet.ref], base_capacity=8)
Landfall(app, "dev", package=Path(sys.argv[1]), parameters=parameters)
"""
BESIDE = """
import sys
import aws_cdk as cdk
from pathlib import Path
from landfall_cdk import Landfall
app = cdk.App(outdir=sys.argv[2])
Landfall(app, "dev", package=Path(sys.argv[1]))
own = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "PermissionsBoundary": ""}
cdk.CfnResource(cdk.Stack(app, "own"), "Role", type="AWS::IAM::Role", properties=own)
app.synth()
"""
STRICT = {"@aws-cdk/core:validateAgainstDefaultRules": True}
"""What `cdk init` chooses for a new app: a finding of CDK's validation fails it."""
SOURCE = 'kind = "custom"\nfactory = "tests.sources.site:MemoryWorld"\ncron = "0 6 1 * 1"\ntimezone = "Europe/Berlin"\n'
CONTEXT = {"stage": "dev", "support_email": "a@b.example"}


needs_cdk = pytest.mark.skipif(
    not PYTHON.exists() or shutil.which("node") is None, reason="CDK is not here: `make cdk` gets it; it needs node"
)


def packaged(where: Path, orchestrator: str, wiring: str = NOTIFICATION) -> tuple[Path, dict[str, Any]]:
    with chosen(orchestrator, wiring=wiring):
        out = generate("dev", "x86_64", None, where / "project", where / "out").parent
    return out, json.loads((out / "template.json").read_text())


def run(command: list[str], **environment: str) -> None:
    """Run Python with CDK. Raises AssertionError if it fails."""
    done = subprocess.run(
        [str(PYTHON), *command],
        env={**os.environ, "PYTHONPATH": str(HERE), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def synthesized(package: Path, out: Path, **given: Any) -> dict[str, Any]:
    """Return the stack's template. Raises AssertionError if CDK's own validation finds anything."""
    run(["-c", SYNTH, str(package), str(out), json.dumps(given)], CDK_CONTEXT_JSON=json.dumps(STRICT))
    assert findings(out) == []
    return template_in(out)


def findings(out: Path) -> list[tuple[str, str]]:
    """What CDK's validation has found: construct and rule."""
    reports = json.loads((out / "validation-report.json").read_text())["pluginReports"]
    assert [report["pluginName"] for report in reports] == ["CloudFormation Validate"]
    found = [violation for report in reports for violation in report["violations"]]
    return [(at["constructPath"], one["ruleName"]) for one in found for at in one["violatingConstructs"]]


def template_in(out: Path, stage: str = "dev") -> dict[str, Any]:
    return dict(json.loads((out / f"landfall-{stage}.template.json").read_text()))


def exported(template: dict[str, Any]) -> list[Any]:
    """The values that CDK exports for another stack."""
    return [said["Value"] for name, said in template["Outputs"].items() if name.startswith("ExportsOutput")]


def as_text(value: dict[str, Any]) -> str:
    """A joined text, in the way of Fn::Sub."""
    [separator, parts] = value["Fn::Join"]
    return str(separator).join(part if isinstance(part, str) else f"${{{part['Ref']}}}" for part in parts)


def plain(resources: dict[str, Any]) -> dict[str, Any]:
    """Without what CDK adds or writes otherwise: the zip's place, its own metadata, one dependency as a list."""
    found = json.loads(json.dumps(resources))
    found.pop("CDKMetadata", None)
    for resource in found.values():
        resource.get("Properties", {}).pop("CodeUri", None)
        if isinstance(resource.get("DependsOn"), str):
            resource["DependsOn"] = [resource["DependsOn"]]
    return dict(found)


def by_sam(template: dict[str, Any]) -> dict[str, Any]:
    """The resources that CloudFormation makes, once SAM has transformed the template. Tags are in order."""
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name="eu-west-1"))
    found = dict(translator.translate(sam_template=template, parameter_values={})["Resources"])
    for resource in found.values():
        if isinstance(tags := resource.get("Properties", {}).get("Tags"), list):
            tags.sort(key=lambda tag: str(tag["Key"]))
    return found


@needs_cdk
@pytest.mark.parametrize(("orchestrator", "wiring"), [(SQS, NOTIFICATION), (STEP_FUNCTIONS, EVENTBRIDGE)])
def test_the_stack_has_the_resources_of_the_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orchestrator: str, wiring: str
) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/thing.toml").write_text(CONTRACT + SOURCE)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "contracts"))
    package, template = packaged(tmp_path, orchestrator, wiring)
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert ("AWS::Scheduler::Schedule" in kinds) == (orchestrator == STEP_FUNCTIONS)
    found = synthesized(package, tmp_path / "cdk")
    ours, theirs = plain(template["Resources"]), plain(found["Resources"])
    assert ours.keys() == theirs.keys()
    assert [name for name, resource in ours.items() if resource != theirs[name]] == []
    for part in ("Outputs", "Conditions"):
        assert [name for name, said in template[part].items() if found[part][name] != said] == []
    assert found["Transform"] == template["Transform"]
    machine = ["StateMachine"] if orchestrator == STEP_FUNCTIONS else []
    names = ["RestAPI", "LandingBucket", "SuccessTopic", "FailureTopic", *machine]
    assert exported(found) == [{"Ref": name} for name in names]
    other = json.loads((tmp_path / "cdk/other.template.json").read_text())["Outputs"]
    dashboard = template["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"]
    assert as_text(other["dashboardurl"]["Value"]) == dashboard.replace("${Stage}", "dev")
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
def test_sam_makes_the_same_of_both(tmp_path: Path) -> None:
    package, template = packaged(tmp_path, STEP_FUNCTIONS)
    found = by_sam(synthesized(package, tmp_path / "cdk"))
    packed = json.loads(json.dumps(template).replace(CODE, "s3://artifacts/deployment.zip"))
    ours, theirs = plain(by_sam(packed)), plain(found)
    codes = [r["Properties"].pop("Code") for r in theirs.values() if r["Type"] == "AWS::Lambda::Function"]
    for resource in ours.values():
        resource["Properties"].pop("Code", None)
    assert ours == theirs
    assert codes == codes[:1] * len(functions("dev"))
    assert codes[0].keys() == {"S3Bucket", "S3Key"}


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


@needs_cdk
def test_a_value_that_the_template_refuses_fails_synthesis(tmp_path: Path) -> None:
    package, _ = packaged(tmp_path, SQS)
    with pytest.raises(AssertionError, match="keep_processed_days is 1, but must be from 31 to 36500"):
        synthesized(package, tmp_path / "cdk", keep_processed_days=1)


@needs_cdk
def test_values_known_only_when_deployed_are_refused(tmp_path: Path) -> None:
    package, _ = packaged(tmp_path, SQS)
    with pytest.raises(AssertionError) as raised:
        run(["-c", LATE, str(package)])
    late = re.findall(r"(\w+) is known only when its stack is deployed", str(raised.value))
    assert late == ["kms_key_arn", "subnet_ids"]


@needs_cdk
def test_findings_in_other_stacks_are_still_reported(tmp_path: Path) -> None:
    package, _ = packaged(tmp_path, SQS)
    run(["-c", BESIDE, str(package), str(tmp_path / "cdk")])
    assert findings(tmp_path / "cdk") == [("own/Role", "F3033")]


@needs_cdk
def test_the_example_app_synthesizes(tmp_path: Path) -> None:
    package, template = packaged(tmp_path, SQS)
    context = json.dumps({**CONTEXT, "package": str(package)})
    run([str(HERE / "app.py")], CDK_OUTDIR=str(tmp_path / "cdk"), CDK_CONTEXT_JSON=context)
    found = template_in(tmp_path / "cdk")
    assert template["Resources"].keys() <= found["Resources"].keys()
    address = template["Outputs"]["EndpointURL"]["Value"]["Fn::Sub"]
    assert as_text(found["Outputs"]["ApiUrl"]["Value"]) == address.removesuffix("/")


@needs_cdk
def test_the_readmes_example_synthesizes(tmp_path: Path) -> None:
    package, _ = packaged(tmp_path, SQS)
    [example] = re.findall(r"```python\n(.*?)```", (HERE / "README.md").read_text(), re.DOTALL)
    before = f"""
import aws_cdk as cdk
from pathlib import Path as Given
Path = lambda _: Given({str(package)!r})
app = cdk.App(outdir={str(tmp_path / "cdk")!r})
class Dashboard(cdk.Stack):
    def __init__(self, scope, id, *, source):
        super().__init__(scope, id)
        cdk.CfnOutput(self, "Source", value=source)
"""
    run(["-c", f"{before}\n{example.replace('prod', 'dev')}\napp.synth()"])
    assert "SupportEmail" not in template_in(tmp_path / "cdk")["Parameters"]
