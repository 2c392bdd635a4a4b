"""What a pre-flight sees in an account, and what it names as the fix. It makes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from deploy.preflight.preflight import preflight
from deploy.stage import ROOT, functions
from landfall.doctor.report import Report, Result
from landfall.faults import ExitCode
from tests.packaging.preflight.aws import ABSENT, CALLER, THREE, Aws, Refusal, allowed, limits, look, subnet

DENIED = Refusal("AccessDeniedException", "not authorized")
RESERVED = sum(function.get("reserved_concurrency", 0) for function in functions("prod").values())
READS = re.compile(r"\.(Describe|Get|List|Head|Simulate)")


def report(aws: Aws, stage: str = "dev") -> Report:
    return preflight(aws.session(), stage, {})


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_an_account_that_is_ready_has_no_warning(aws: Aws, stage: str) -> None:
    found = report(aws, stage)
    assert {one.result for one in found.looks} == {Result.OK}
    assert found.looks[0].seen == f"123456789012 in eu-west-1, as {CALLER}"


def test_it_only_reads(aws: Aws) -> None:
    report(aws)
    assert aws.asked
    assert [call for call in aws.asked if not READS.search(call)] == []


def test_without_an_answer_nothing_else_is_looked_at(aws: Aws) -> None:
    aws.answers["cloudformation.DescribeStacks"] = NoCredentialsError()
    found = report(aws)
    assert found.code is ExitCode.BAD
    assert [one.name for one in found.looks] == ["account"]
    assert "aws configure" in found.looks[0].fix


@pytest.mark.parametrize("call", ["redshift-serverless.ListWorkgroups", "redshift-data.ListStatements"])
def test_a_region_without_redshift_serverless_fails(aws: Aws, call: str) -> None:
    aws.answers[call] = EndpointConnectionError(endpoint_url="https://nowhere")
    found = look(aws, f"region has {call.partition('.')[0]}")
    assert (found.result, found.seen) == (Result.FAIL, "eu-west-1 does not answer for it")


def test_a_refused_call_shows_that_the_region_has_it(aws: Aws) -> None:
    aws.answers["redshift-data.ListStatements"] = DENIED
    assert look(aws, "region has redshift-data").result is Result.OK
    aws.answers["redshift-data.ListStatements"] = Refusal("UnknownOperationException")
    assert look(aws, "region has redshift-data").result is Result.WARN


@pytest.mark.parametrize(
    ("left", "result"), [(-60, Result.FAIL), (9, Result.FAIL), (10, Result.WARN), (99, Result.WARN), (100, Result.OK)]
)
def test_what_a_stage_reserves_is_compared_with_the_quota(aws: Aws, left: int, result: Result) -> None:
    quota = RESERVED + left
    aws.answers["lambda.GetAccountSettings"] = limits(quota)
    found = look(aws, "concurrency", "prod")
    assert found.result is result
    assert f"{quota} functions may run at once; stage prod reserves {RESERVED}, which leaves {left}" in found.seen
    assert ("--quota-code L-B99A9384 --desired-value 1000" in found.fix) is (result is not Result.OK)


def test_the_documents_name_the_quota_that_is_needed() -> None:
    text = (ROOT / "docs/operate/deploy.md").read_text(encoding="utf-8")
    assert f"{RESERVED} in all" in text
    assert f"at least {RESERVED + 100}." in text


def test_a_new_account_is_enough_for_dev(aws: Aws) -> None:
    aws.answers["lambda.GetAccountSettings"] = limits(10)
    assert look(aws, "concurrency", "dev").result is Result.OK


def test_what_is_reserved_already_is_not_counted_twice(aws: Aws) -> None:
    aws.answers["lambda.GetAccountSettings"] = limits(RESERVED + 100, free=100)
    aws.answers["lambda.GetFunctionConcurrency"] = lambda request: {
        "ReservedConcurrentExecutions": RESERVED if request["FunctionName"] == "landfall-prod" else 0
    }
    assert look(aws, "concurrency", "prod").result is Result.OK


def test_a_full_quota_of_workgroups_fails(aws: Aws) -> None:
    aws.answers["redshift-serverless.ListWorkgroups"] = {"workgroups": [{"workgroupName": "a"}] * 25}
    assert look(aws, "workgroups").result is Result.FAIL
    aws.answers["redshift-serverless.ListWorkgroups"]["workgroups"][0] = {"workgroupName": "landfall-dev"}
    assert look(aws, "workgroups").result is Result.OK
    aws.answers["service-quotas.ListServiceQuotas"] = {"Quotas": []}
    aws.answers["redshift-serverless.ListWorkgroups"] = {"workgroups": []}
    assert look(aws, "workgroups").result is Result.WARN


NETWORKS: list[tuple[list[dict[str, Any]], Result, str]] = [
    (THREE[:2], Result.WARN, "2 subnets in 2 zones"),
    (THREE[:1], Result.FAIL, "1 subnets in 1 zones"),
    ([*THREE[:2], subnet("subnet-full", "eu-west-1c", free=2)], Result.FAIL, "free in subnet-full"),
    ([*THREE[:2], subnet("subnet-x", "eu-west-1c", vpc="vpc-2")], Result.FAIL, "in several VPCs"),
]


@pytest.mark.parametrize(("subnets", "result", "seen"), NETWORKS)
def test_subnets_are_in_three_zones_with_free_addresses(
    aws: Aws, subnets: list[dict[str, Any]], result: Result, seen: str
) -> None:
    aws.answers["ec2.DescribeSubnets"] = {"Subnets": subnets}
    for given in ({}, {"SubnetIds": "subnet-a,subnet-b"}):
        found = look(aws, "network", **given)
        assert found.result is result
        assert seen in found.seen
        assert "SubnetIds" in found.fix


def test_a_region_of_two_zones_takes_three_subnets_there(aws: Aws) -> None:
    aws.answers["ec2.DescribeSubnets"] = {"Subnets": [*THREE[:2], subnet("subnet-2", "eu-west-1b")]}
    assert look(aws, "network", region="us-west-1").result is Result.OK


def test_without_a_default_vpc_subnets_must_be_given(aws: Aws) -> None:
    aws.answers["ec2.DescribeVpcs"] = {"Vpcs": []}
    assert "no default VPC" in look(aws, "network").seen
    assert look(aws, "network", SubnetIds="subnet-a,subnet-b,subnet-c").result is Result.OK


def test_security_groups_are_of_the_same_vpc(aws: Aws) -> None:
    assert look(aws, "network", SecurityGroupIds="sg-1").result is Result.OK
    aws.answers["ec2.DescribeSecurityGroups"] = {"SecurityGroups": [{"GroupId": "sg-2", "VpcId": "vpc-2"}]}
    assert look(aws, "network", SecurityGroupIds="sg-2").seen == "sg-2 is not in the subnets' VPC"


TAKEN = [
    ("dynamodb.DescribeTable", "table landfall-dev"),
    ("iam.GetRole", "role landfall-dev-copy"),
    ("redshift-serverless.GetNamespace", "namespace landfall-dev"),
    ("redshift-serverless.GetWorkgroup", "workgroup landfall-dev"),
    ("s3.HeadBucket", "bucket landfall-dev-123456789012-eu-west-1"),
    ("secretsmanager.DescribeSecret", "secret landfall-dev-tokens"),
    ("sns.GetTopicAttributes", "topic landfall-dev-success"),
    ("sqs.GetQueueUrl", "queue landfall-dev-runs"),
]


@pytest.mark.parametrize(("call", "name"), TAKEN)
def test_a_taken_name_fails(aws: Aws, call: str, name: str) -> None:
    aws.answers[call] = {}
    found = look(aws, "names")
    assert found.result is Result.FAIL
    assert name in found.seen
    assert "make teardown STAGE=dev DATA=delete" in found.fix


def test_a_bucket_of_another_account_is_taken(aws: Aws) -> None:
    aws.answers["s3.HeadBucket"] = Refusal("403")
    assert "by another account" in look(aws, "names").seen


def test_names_that_cannot_be_seen_are_a_warning(aws: Aws) -> None:
    aws.answers["dynamodb.DescribeTable"] = DENIED
    found = look(aws, "names")
    assert (found.result, "table landfall-dev" in found.seen) == (Result.WARN, True)


def test_names_of_the_stages_own_stack_are_no_fault(aws: Aws) -> None:
    aws.answers["cloudformation.DescribeStacks"] = stack("UPDATE_COMPLETE")
    aws.answers["s3.HeadBucket"] = {}
    assert look(aws, "names").seen == "the stack landfall-dev has them"
    aws.answers["cloudformation.DescribeStacks"] = stack("ROLLBACK_COMPLETE")
    assert look(aws, "names").result is Result.FAIL


def stack(status: str, **parameters: str) -> dict[str, Any]:
    kept = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Stacks": [{"StackName": "landfall-dev", "StackStatus": status, "Parameters": kept}]}


def test_functions_without_their_stack_are_a_warning(aws: Aws) -> None:
    aws.answers["lambda.GetFunction"] = {}
    assert look(aws, "functions").result is Result.WARN


def test_a_parameter_of_the_stack_is_kept_unless_given(aws: Aws) -> None:
    aws.answers["cloudformation.DescribeStacks"] = stack("CREATE_COMPLETE", SubnetIds="subnet-a", OfAnOlderRelease="x")
    aws.answers["ec2.DescribeSubnets"] = lambda request: {"Subnets": THREE[: len(request.get("SubnetIds", THREE))]}
    assert "the given subnets: 1 subnets" in look(aws, "network").seen
    assert look(aws, "network", SubnetIds="").result is Result.OK


def denies(action: str, **why: Any) -> Any:
    def answer(request: Any) -> Any:
        found = allowed(request)
        for one in found["EvaluationResults"]:
            if one["EvalActionName"] == action:
                one.update(EvalDecision="implicitDeny", **why)
        return found

    return answer


@pytest.mark.parametrize(
    ("why", "result", "seen"),
    [
        ({}, Result.FAIL, "denied to "),
        (
            {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            Result.FAIL,
            "iam:CreateRole (by the organization)",
        ),
        (
            {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
            Result.FAIL,
            "iam:CreateRole (by the permissions boundary)",
        ),
        ({"MissingContextValues": ["aws:RequestTag/team"]}, Result.WARN, "conditions"),
    ],
)
def test_a_right_that_is_denied_is_named(aws: Aws, why: dict[str, Any], result: Result, seen: str) -> None:
    aws.answers["iam.SimulatePrincipalPolicy"] = denies("iam:CreateRole", **why)
    found = look(aws, "rights")
    assert found.result is result
    assert seen in found.seen


def test_a_session_is_simulated_as_its_role_with_its_path(aws: Aws) -> None:
    seen = []
    aws.answers["sts.GetCallerIdentity"] = {
        "Account": "123456789012", "UserId": "u", "Arn": "arn:aws:sts::123456789012:assumed-role/deployer/me"
    }  # fmt: skip
    aws.answers["iam.GetRole"] = {"Role": {"Arn": CALLER}}
    aws.answers["iam.SimulatePrincipalPolicy"] = lambda request: (
        seen.append(request["PolicySourceArn"]) or allowed(request)
    )
    look(aws, "rights")
    assert set(seen) == {CALLER}
    aws.answers["iam.GetRole"] = ABSENT
    seen.clear()
    look(aws, "rights")
    assert set(seen) == {"arn:aws:iam::123456789012:role/deployer"}


CANNOT = {
    "concurrency": "lambda.GetAccountSettings",
    "workgroups": "service-quotas.ListServiceQuotas",
    "network": "ec2.DescribeSubnets",
    "rights": "iam.SimulatePrincipalPolicy",
}


@pytest.mark.parametrize(("name", "call"), CANNOT.items())
def test_what_cannot_be_seen_is_a_warning_never_good(aws: Aws, name: str, call: str) -> None:
    aws.answers[call] = DENIED
    found = look(aws, name)
    assert (found.result, "you may not call" in found.seen) == (Result.WARN, True)
    for unknown in (Refusal("UnknownOperationException", "not emulated"), ResponseParserError("no XML")):
        aws.answers[call] = unknown
        assert "cannot be seen here" in look(aws, name).seen
    assert report(aws).code is ExitCode.OK
