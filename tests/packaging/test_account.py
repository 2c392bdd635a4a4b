"""Where `make deploy` and `make teardown` act: said first, and nothing is done if it is not AWS, or nobody's."""

from __future__ import annotations

import pytest
from moto import mock_aws

from deploy.account import session
from deploy.stack import DeployError

ENDPOINT = "AWS_ENDPOINT_URL"
LOCAL = "http://127.0.0.1:4566"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A shell of somebody who has an account and a region."""
    monkeypatch.delenv(ENDPOINT, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return monkeypatch


@pytest.mark.usefixtures("shell")
def test_account_and_region_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        assert session(emulated=False).region_name == "eu-west-1"
    assert capsys.readouterr().out == "account 123456789012, region eu-west-1\n"


@pytest.mark.parametrize("variable", [ENDPOINT, f"{ENDPOINT}_CLOUDFORMATION", f"{ENDPOINT}_LAMBDA"])
def test_a_shell_of_the_local_stack_is_refused(
    shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    shell.setenv(variable, LOCAL)
    with pytest.raises(DeployError, match=r"would act on http://127\.0\.0\.1:4566, not on AWS: use a shell in which"):
        session(emulated=False)
    assert capsys.readouterr().out == ""


def test_an_emulator_is_taken_for_an_aws_by_those_who_say_so(
    shell: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.setenv(f"{ENDPOINT}_LAMBDA", LOCAL)
    with mock_aws():
        session(emulated=True)
    assert capsys.readouterr().out == "account 123456789012, region eu-west-1, at http://127.0.0.1:4566\n"
    shell.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(DeployError, match="no region is set"):
        session(emulated=True)


def test_who_has_no_credentials_learns_where_they_come_from(shell: pytest.MonkeyPatch) -> None:
    shell.delenv("AWS_ACCESS_KEY_ID")
    shell.delenv("AWS_SECRET_ACCESS_KEY")
    shell.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        shell.setenv(name, "absent")
    with pytest.raises(
        DeployError, match=r"Unable to locate credentials: aws configure, aws sso login or AWS_PROFILE$"
    ):
        session(emulated=False)
