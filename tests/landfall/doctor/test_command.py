"""`landfall doctor` as a script would see it."""

from __future__ import annotations

import json

import pytest

from landfall.doctor.command import of_account
from landfall.faults import ExitCode
from tests.landfall.conftest import Landfall
from tests.packaging.preflight.aws import Aws, limits


@pytest.fixture
def aws() -> Aws:
    """The account that the shell's credentials lead to."""
    return Aws()


def test_an_account_that_is_ready_ends_with_0(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert of_account("prod", [], aws.session).show() is ExitCode.OK
    assert capsys.readouterr().out.startswith("ok    account: 123456789012 in eu-west-1")


def test_an_account_that_is_not_ends_with_1(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.answers["lambda.GetAccountSettings"] = limits(10)
    assert of_account("prod", [], aws.session).show(as_json=True) is ExitCode.BAD
    report = json.loads(capsys.readouterr().out)
    (look,) = [look for look in report["looks"] if look["result"] == "fail"]
    assert (report["good"], look["name"]) == (False, "concurrency")
    assert "--quota-code L-B99A9384" in look["fix"]


def test_parameters_are_those_of_the_deployment(aws: Aws) -> None:
    aws.answers["ec2.DescribeVpcs"] = {"Vpcs": []}
    assert of_account("dev", [], aws.session).code is ExitCode.BAD
    assert of_account("dev", ["SubnetIds=subnet-a,subnet-b,subnet-c"], aws.session).code is ExitCode.OK


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name what to look at: --aws"),
        (("--aws", "--stage", "A"), '"A" is no stage'),
        (("--aws", "X=1"), "no such"),
    ],
)
def test_a_wrong_call_ends_with_2(landfall: Landfall, arguments: tuple[str, ...], said: str) -> None:
    done = landfall("doctor", *arguments)
    assert done.code == 2
    assert said in done.err


def test_a_shell_of_the_local_stack_is_refused(landfall: Landfall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    done = landfall("doctor", "--aws")
    assert (done.code, "would act on http://127.0.0.1:4566" in done.err) == (2, True)
