"""What `make deploy` takes for an answer, and what it measures before anything is uploaded."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from deploy.bundle.package import chalice, packed
from deploy.bundle.project import Project
from deploy.bundle.vendor import PackageError
from deploy.stack import DeployError, environment
from deploy.stage import INTERFACES, filled, functions, granted
from deploy.template.infra import infra
from deploy.up import look, migrate, parameters, smoke
from tests.landfall.doctor.stage import Account
from tests.landfall.fake_api import FakeApi, serving
from tests.packaging.policies import FOLDERS
from tests.packaging.preflight.aws import Aws, limits

OUTPUTS = {"Workgroup": "landfall-dev", "Database": "dev"}


class Theirs:
    """An account whose warehouse has an administrator with a password of one's own."""

    def get_workgroup(self, **_request: str) -> Any:
        return {"workgroup": {"namespaceName": "theirs"}}

    def get_namespace(self, **_request: str) -> Any:
        return {"namespace": {}}


def test_no_function_is_deployed_if_migrate_fails() -> None:
    reported = "no function is deployed: Redshift keeps no secret .* --namespace-name theirs --manage-admin-password"
    with pytest.raises(DeployError, match=reported):
        migrate(lambda service: Theirs(), "dev", OUTPUTS, "")


def test_nothing_is_made_in_an_account_that_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    aws = Aws()
    look(aws.session(), "prod", {})
    aws.answers["lambda.GetAccountSettings"] = limits(10)
    with pytest.raises(DeployError, match="not ready, and nothing was made"):
        look(aws.session(), "prod", {})
    assert "fail  concurrency: 10 functions may run at once; stage prod reserves " in capsys.readouterr().out


class Refusing(FakeApi):
    """An API that lets its callers do nothing."""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Any:
        return 403, {"error": {"code": "FORBIDDEN", "message": "not for you"}}


def test_a_smoke_test_that_fails_ends_the_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(api := Refusing()), pytest.raises(DeployError, match="all is deployed, but a file does not arrive"):
        smoke(Account(endpoint=api.url), "dev", "")
    assert "fail  health: the API answers 403" in capsys.readouterr().out


def test_a_deployment_without_an_api_cannot_be_tried() -> None:
    account = Account()
    account.asks = {}
    with pytest.raises(DeployError, match="all is deployed, but cannot be tried: stage dev has no API"):
        smoke(account, "dev", "")


def test_parameters_are_named() -> None:
    assert parameters(["SupportEmail=a@b.example", "SubnetIds=a,b", "Database=x=y", "BusinessEmail="], "dev") == {
        "SupportEmail": "a@b.example",
        "SubnetIds": "a,b",
        "Database": "x=y",
        "BusinessEmail": "",
    }
    with pytest.raises(DeployError, match=r"not as SupportEmail$"):
        parameters(["SupportEmail", "Database=x"], "dev")


@pytest.mark.parametrize("name", ["SuportEmail", "Stage"])
def test_an_unknown_parameter_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(DeployError, match=rf"no such parameter: {name}\. There are BaseCapacity, .*, SupportEmail"):
        parameters([f"{name}=a@b.example"], "dev")


def test_chalice_ignores_the_environments_endpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice/config.json").write_text('{"version": "2.0", "app_name": "a"}')
    (tmp_path / "app.py").write_text("import os\nraise SystemExit(os.environ['AWS_DEFAULT_REGION'])\n")
    with pytest.raises(PackageError, match="eu-north-1"):
        chalice(tmp_path, "package", str(tmp_path / "out"), region="eu-north-1")


def test_the_zip_is_measured_before_chalice_uploads_it(tmp_path: Path) -> None:
    variables = environment("dev", dict.fromkeys(infra("dev")["Outputs"], "x"))
    policies = {name: granted(name, {}, FOLDERS) for name in functions("dev")}
    Project(stage="dev", environment=variables, policies=policies).make(tmp_path / "made", None)
    archive = packed(tmp_path / "made", "x86_64")
    assert archive.parent == tmp_path / "made/.chalice/deployments"
    assert {"app.py", "chalicelib/pipeline/pipeline.py"} <= set(zipfile.ZipFile(archive).namelist())


VPC = {"subnet_ids": ["subnet-a"], "security_group_ids": ["sg-a"]}
WHERE = {"Stage": "dev", "AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}


@pytest.mark.parametrize("name", sorted(functions("dev")))
def test_in_a_vpc_only_lambda_may_make_network_interfaces(name: str) -> None:
    allowed, denied = granted(name, VPC, FOLDERS)["Statement"][-2:]
    assert allowed not in granted(name, {}, FOLDERS)["Statement"]
    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    assert set(allowed["Action"]) == set(denied["Action"]) == set(INTERFACES)
    (function,) = filled(denied, WHERE)["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
    assert function.endswith(":function:landfall-dev" if name == "api_handler" else f":function:landfall-dev-{name}")


def test_what_is_granted_in_a_vpc_fits_into_a_role() -> None:
    longest = max(len(json.dumps(granted(name, VPC, FOLDERS), separators=(",", ":"))) for name in functions("dev"))
    assert longest < 10_240, "all inline policies of a role, without blanks, before names are filled in"
