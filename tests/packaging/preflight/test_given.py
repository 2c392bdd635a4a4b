"""What a pre-flight sees of the parameters, and of what they name in the account."""

from __future__ import annotations

from typing import Any

import pytest

from landfall.doctor.report import Result
from tests.packaging.chosen import chosen
from tests.packaging.preflight.aws import Aws, Refusal, allowed, encrypted, look


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"CreateWarehouse": "false"}, "must name the w"),
        ({"CreateWarehouse": "yes"}, "CreateWarehouse is yes: it must be true or false"),
        ({"WorkgroupArn": "arn"}, "WorkgroupArn is arn: it must match"),
    ],
)
def test_a_value_that_the_template_refuses_fails(aws: Aws, given: dict[str, str], seen: str) -> None:
    found = look(aws, "parameters", **given)
    assert found.result is Result.FAIL
    assert seen in found.seen


OWN = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/1"


def test_a_workgroup_of_ones_own_is_there_under_its_arn(aws: Aws) -> None:
    given = {"CreateWarehouse": "false", "WorkgroupName": "own", "WorkgroupArn": OWN}
    assert look(aws, "parameters", **given).seen == "WorkgroupName is own, and there is none"
    aws.answers["redshift-serverless.GetWorkgroup"] = {"workgroup": {"workgroupName": "own", "workgroupArn": OWN}}
    assert look(aws, "parameters", **given).result is Result.OK
    found = look(aws, "parameters", **{**given, "WorkgroupArn": OWN.replace("/1", "/2")})
    assert found.fix == f"give WorkgroupArn={OWN}"


OTHERS = {"CreateWarehouse": "false", "ClusterIdentifier": "own"}


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({**OTHERS, "BaseCapacity": "8"}, "BaseCapacity is of the workgroup that the stack makes"),
        ({**OTHERS, "DailyRpuHours": "8"}, "DailyRpuHours is of the workgroup"),
        ({**OTHERS, "SubnetIds": "subnet-a"}, "SubnetIds is of the workgroup"),
        ({"BucketName": "own", "Versioning": "Enabled"}, "Versioning is of the bucket that the stack makes"),
        ({"BucketName": "own", "KeepProcessedDays": "60"}, "KeepProcessedDays is of the bucket"),
        ({"BaseCapacity": "12"}, "BaseCapacity is 12: it must be 4 or a multiple of 8"),
        ({"BaseCapacity": "64"}, "MaxCapacity is 32: it must be at least BaseCapacity, 64"),
    ],
)
def test_a_parameter_that_would_do_nothing_is_refused(aws: Aws, given: dict[str, str], seen: str) -> None:
    found = look(aws, "parameters", **given)
    assert found.result is Result.FAIL
    assert seen in found.seen


KEY, BOUNDARY = "arn:aws:kms:eu-west-1:123456789012:key/k", "arn:aws:iam::123456789012:policy/b"
NAMED: list[tuple[dict[str, str], str, dict[str, Any]]] = [
    (OTHERS, "redshift.DescribeClusters", {"Clusters": []}),
    ({"KmsKeyArn": KEY}, "kms.DescribeKey", {"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled"}}),
    ({"PermissionsBoundary": BOUNDARY}, "iam.GetPolicy", {"Policy": {}}),
    ({"BucketName": "own"}, "s3.HeadBucket", {"BucketRegion": "eu-west-1"}),
]


@pytest.mark.parametrize(("given", "call", "answer"), NAMED)
def test_what_a_parameter_names_must_be_there(
    aws: Aws, given: dict[str, str], call: str, answer: dict[str, Any]
) -> None:
    assert "and there is none" in look(aws, "parameters", **given).seen
    aws.answers[call] = answer
    assert look(aws, "parameters", **given).result is Result.OK


ACTIONS = {"s3.HeadBucket": "s3:ListBucket"}
"""Calls that are allowed by an action of another name."""


@pytest.mark.parametrize(("given", "call"), [case[:2] for case in NAMED])
def test_a_refused_call_is_named(aws: Aws, given: dict[str, str], call: str) -> None:
    aws.answers[call] = Refusal("AccessDenied")
    found = look(aws, "parameters", **given)
    assert (found.result, "you may not call" in found.seen) == (Result.WARN, True)
    assert ACTIONS.get(call, call.replace(".", ":")) in found.seen


def test_a_key_that_is_disabled_or_elsewhere_fails(aws: Aws) -> None:
    for state, region in (("Disabled", "eu-west-1"), ("Enabled", "us-east-1")):
        aws.answers["kms.DescribeKey"] = {"KeyMetadata": {"KeyId": "k", "KeyState": state}}
        assert "the key is" in look(aws, "parameters", KmsKeyArn=KEY.replace("eu-west-1", region)).seen


def notification(prefix: str, function: str = "arn:aws:lambda:eu-west-1:123456789012:function:theirs") -> Any:
    rules = [{"Name": "Prefix", "Value": prefix}] if prefix else []
    one = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
    return {"LambdaFunctionConfigurations": [one]}


@pytest.mark.parametrize(
    ("call", "answer", "result", "seen"),
    [
        ("s3.HeadBucket", {"BucketRegion": "us-east-1"}, Result.FAIL, "own is in us-east-1"),
        ("s3.GetBucketVersioning", {}, Result.WARN, "keeps no versions"),
        ("s3.GetBucketEncryption", encrypted(KMSMasterKeyID=KEY), Result.FAIL, "which no function may use"),
        ("s3.GetBucketNotificationConfiguration", notification(""), Result.FAIL, "another receiver"),
        ("s3.GetBucketNotificationConfiguration", notification("incoming/a"), Result.FAIL, "below 'incoming/a'"),
        ("s3.GetBucketNotificationConfiguration", notification("other/"), Result.OK, ""),
        (
            "s3.GetBucketNotificationConfiguration",
            notification("incoming/", "arn:aws:lambda:eu-west-1:123456789012:function:landfall-dev-on_incoming"),
            Result.OK,
            "",
        ),
    ],
)
def test_a_bucket_of_ones_own_fits(aws: Aws, call: str, answer: Any, result: Result, seen: str) -> None:
    aws.answers |= {"s3.HeadBucket": {"BucketRegion": "eu-west-1"}, call: answer}
    found = look(aws, "parameters", BucketName="own")
    assert found.result is result
    assert seen in found.seen


def test_a_rule_minds_no_other_receiver(aws: Aws) -> None:
    aws.answers |= {
        "s3.HeadBucket": {"BucketRegion": "eu-west-1"},
        "s3.GetBucketNotificationConfiguration": notification("incoming/"),
    }
    assert "choose LANDFALL_S3_WIRING=eventbridge" in look(aws, "parameters", BucketName="own").fix
    with chosen("sqs", wiring="eventbridge"):
        assert look(aws, "parameters", BucketName="own").result is Result.OK


def test_the_rights_to_make_a_rule_are_simulated(aws: Aws) -> None:
    asked = set[tuple[str, str]]()

    def simulated(request: Any) -> Any:
        asked.update((action, arn) for action in request["ActionNames"] for arn in request["ResourceArns"])
        return allowed(request)

    aws.answers["iam.SimulatePrincipalPolicy"] = simulated
    making = ("events:PutTargets", "arn:aws:events:eu-west-1:123456789012:rule/landfall-dev-landing")
    look(aws, "rights")
    assert making not in asked
    with chosen("sqs", wiring="eventbridge"):
        look(aws, "rights")
    assert making in asked


def test_a_bucket_may_have_the_key_that_is_given(aws: Aws) -> None:
    aws.answers |= {
        "s3.HeadBucket": {"BucketRegion": "eu-west-1"},
        "s3.GetBucketEncryption": encrypted(KMSMasterKeyID=KEY),
        "kms.DescribeKey": {"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled"}},
    }
    assert look(aws, "parameters", BucketName="own", KmsKeyArn=KEY).result is Result.OK
