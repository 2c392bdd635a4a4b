"""`landfall doctor` as a script would see it."""

from __future__ import annotations

import pytest

from tests.landfall.conftest import Landfall
from tests.packaging.preflight.aws import Aws, limits


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The account that the shell's credentials lead to."""
    found = Aws()
    monkeypatch.setattr("deploy.account.opened", lambda emulated: found.session())
    return found


@pytest.mark.usefixtures("aws")
def test_an_account_that_is_ready_ends_with_0(landfall: Landfall) -> None:
    done = landfall("doctor", "--aws", "--stage", "prod")
    assert done.code == 0
    assert done.out.splitlines()[0].startswith("ok    account: 123456789012 in eu-west-1")


def test_an_account_that_is_not_ends_with_1(landfall: Landfall, aws: Aws) -> None:
    aws.answers["lambda.GetAccountSettings"] = limits(10)
    done = landfall("doctor", "--aws", "--stage", "prod", "--json")
    (report,) = done.lines
    assert (done.code, report["good"]) == (1, False)
    (look,) = [look for look in report["looks"] if look["result"] == "fail"]
    assert look["name"] == "concurrency"
    assert "--quota-code L-B99A9384" in look["fix"]


def test_parameters_are_those_of_the_deployment(landfall: Landfall, aws: Aws) -> None:
    aws.answers["ec2.DescribeVpcs"] = {"Vpcs": []}
    assert landfall("doctor", "--aws").code == 1
    assert landfall("doctor", "--aws", "SubnetIds=subnet-a,subnet-b,subnet-c").code == 0


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
