"""What a pre-flight sees besides for a stage that chooses a state machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from deploy.preflight.preflight import preflight
from landfall.doctor.report import Result
from tests.packaging.chosen import chosen
from tests.packaging.preflight.aws import Aws, allowed, look

OURS = "arn:aws:states:eu-west-1:123456789012:stateMachine:landfall-dev"


@pytest.fixture(autouse=True)
def _chosen() -> Iterator[None]:
    with chosen():
        yield


def test_an_account_that_is_ready_has_no_warning(aws: Aws) -> None:
    found = preflight(aws.session(), "dev", {})
    assert {one.result for one in found.looks} == {Result.OK}
    assert "region has stepfunctions" in {one.name for one in found.looks}


def test_a_region_without_step_functions_fails(aws: Aws) -> None:
    aws.answers["stepfunctions.ListStateMachines"] = EndpointConnectionError(endpoint_url="https://nowhere")
    assert look(aws, "region has stepfunctions").result is Result.FAIL
    with chosen("sqs"):
        assert "region has stepfunctions" not in {one.name for one in preflight(aws.session(), "dev", {}).looks}


def test_a_machine_of_that_name_is_taken(aws: Aws) -> None:
    asked: list[Any] = []
    aws.answers["stepfunctions.DescribeStateMachine"] = lambda request: asked.append(request) or {}
    found = look(aws, "names")
    assert (found.result, "state machine landfall-dev" in found.seen) == (Result.FAIL, True)
    assert asked == [{"stateMachineArn": arn} for arn in (OURS, f"{OURS}-read_source")]


def test_the_rights_to_make_it_are_simulated(aws: Aws) -> None:
    asked: set[tuple[str, str]] = set()

    def simulated(request: Any) -> Any:
        asked.update((action, arn) for action in request["ActionNames"] for arn in request["ResourceArns"])
        return allowed(request)

    aws.answers["iam.SimulatePrincipalPolicy"] = simulated
    look(aws, "rights")
    assert ("states:CreateStateMachine", OURS) in asked
    assert ("iam:PassRole", "arn:aws:iam::123456789012:role/landfall-dev-state_machine") in asked
    with chosen("sqs"):
        asked.clear()
        look(aws, "rights")
    assert not [action for action, _ in asked if action.startswith("states:")]
