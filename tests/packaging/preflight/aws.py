"""An AWS in memory that answers what a pre-flight asks: real clients check and shape each request and answer.

By default it is an account in which nothing is missing and no name is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from deploy.preflight.preflight import preflight
from landfall.doctor.report import Look, Result
from tests.packaging.policies import VALUES

Request = Mapping[str, Any]
Answer = Callable[[Request], Any] | Mapping[str, Any] | Exception
CALLER = f"arn:aws:iam::{VALUES['AWS::AccountId']}:role/ci/deployer"


@dataclass(frozen=True)
class Refusal:
    """How AWS refuses."""

    code: str
    message: str = "refused"


ABSENT = Refusal("ResourceNotFoundException")


def subnet(name: str, zone: str, free: int = 200, vpc: str = "vpc-1") -> dict[str, Any]:
    return {"SubnetId": name, "AvailabilityZone": zone, "AvailableIpAddressCount": free, "VpcId": vpc}


THREE = [subnet(f"subnet-{zone}", f"eu-west-1{zone}") for zone in "abc"]


def allowed(request: Request) -> dict[str, Any]:
    return {"EvaluationResults": [{"EvalActionName": a, "EvalDecision": "allowed"} for a in request["ActionNames"]]}


def ready() -> dict[str, Any]:
    """The answers of an account that is ready, by service and operation."""
    return {
        "sts.GetCallerIdentity": {"Account": VALUES["AWS::AccountId"], "Arn": CALLER, "UserId": "u"},
        "cloudformation.DescribeStacks": Refusal("ValidationError", "Stack with id landfall-dev does not exist"),
        "redshift-serverless.ListWorkgroups": {"workgroups": []},
        "redshift-data.ListStatements": {"Statements": []},
        "stepfunctions.ListStateMachines": {"stateMachines": []},
        "stepfunctions.DescribeStateMachine": Refusal("StateMachineDoesNotExist"),
        "service-quotas.ListServiceQuotas": {"Quotas": [{"QuotaName": "Number of workgroups", "Value": 25.0}]},
        "lambda.GetAccountSettings": limits(1000),
        "lambda.GetFunctionConcurrency": ABSENT,
        "lambda.GetFunction": ABSENT,
        "ec2.DescribeVpcs": {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": True}]},
        "ec2.DescribeSubnets": {"Subnets": THREE},
        "ec2.DescribeSecurityGroups": {"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1"}]},
        "dynamodb.DescribeTable": ABSENT,
        "iam.GetRole": Refusal("NoSuchEntity"),
        "redshift-serverless.GetNamespace": ABSENT,
        "redshift-serverless.GetWorkgroup": ABSENT,
        "s3.HeadBucket": Refusal("404"),
        "sns.GetTopicAttributes": Refusal("NotFound"),
        "sqs.GetQueueUrl": Refusal("AWS.SimpleQueueService.NonExistentQueue"),
        "secretsmanager.DescribeSecret": ABSENT,
        "iam.SimulatePrincipalPolicy": allowed,
        "iam.GetPolicy": Refusal("NoSuchEntity"),
        "kms.DescribeKey": Refusal("NotFoundException"),
        "redshift.DescribeClusters": Refusal("ClusterNotFound"),
        "s3.GetBucketVersioning": {"Status": "Enabled"},
        "s3.GetBucketEncryption": encrypted(),
        "s3.GetBucketNotificationConfiguration": {},
    }


def encrypted(**how: str) -> dict[str, Any]:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms" if how else "AES256", **how}}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def limits(quota: int, free: int | None = None) -> dict[str, Any]:
    return {
        "AccountLimit": {
            "ConcurrentExecutions": quota,
            "UnreservedConcurrentExecutions": quota if free is None else free,
        }
    }


@dataclass
class Aws:
    """The AWS: `answers` may be changed; `asked` lists the calls."""

    answers: dict[str, Any] = field(default_factory=ready)
    asked: list[str] = field(default_factory=list)

    def session(self, region: str = VALUES["AWS::Region"]) -> Session:
        return Session(aws=self, region_name=region)

    def answer(self, call: str, request: Request) -> tuple[AWSResponse, dict[str, Any]]:
        self.asked.append(call)
        answer = self.answers[call]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Refusal):
            return AWSResponse("", 400, {}, None), {"Error": {"Code": answer.code, "Message": answer.message}}
        return AWSResponse("", 200, {}, None), dict(answer)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session whose clients ask the AWS in memory. Clients are slow to make, so all tests share them."""

    aws: Aws
    region_name: str

    def client(self, service: str) -> Any:
        made = client(service, self.region_name)
        made.meta.events.unregister("before-call", unique_id="aws")
        made.meta.events.register("before-call", self._answer, unique_id="aws")
        return made

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return self.aws.answer(f"{model.service_model.service_name}.{model.name}", context["request"])


@cache
def client(service: str, region: str) -> Any:
    made = boto3.client(service, region, aws_access_key_id="testing", aws_secret_access_key="testing")
    made.meta.events.register("before-parameter-build", _remember)
    return made


def _remember(params: Request, context: dict[str, Any], **_: Any) -> None:
    context["request"] = params


def look(aws: Aws, name: str, stage: str = "dev", region: str = "eu-west-1", **parameters: str) -> Look:
    """Return the look of this name that is worst."""
    found = [one for one in preflight(aws.session(region), stage, parameters).looks if one.name == name]
    return max(found, key=lambda one: list(Result).index(one.result))
