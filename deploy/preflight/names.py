"""Looks whether the fixed names are free that the stack and Chalice will give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from deploy.preflight.look import FREE, code_of
from deploy.preflight.planned import Planned
from deploy.rules import holds
from deploy.stage import function_name, functions
from landfall.doctor.report import Look, failure, good, warning

Finder = Callable[[Planned, str], Any]
FINDERS: dict[str, tuple[str, str, Finder]] = {
    "AWS::DynamoDB::Table": ("table", "TableName", lambda p, n: p.client("dynamodb").describe_table(TableName=n)),
    "AWS::IAM::Role": ("role", "RoleName", lambda p, n: p.client("iam").get_role(RoleName=n)),
    "AWS::RedshiftServerless::Namespace": (
        "namespace",
        "NamespaceName",
        lambda p, n: p.client("redshift-serverless").get_namespace(namespaceName=n),
    ),
    "AWS::RedshiftServerless::Workgroup": (
        "workgroup",
        "WorkgroupName",
        lambda p, n: p.client("redshift-serverless").get_workgroup(workgroupName=n),
    ),
    "AWS::S3::Bucket": ("bucket", "BucketName", lambda p, n: p.client("s3").head_bucket(Bucket=n)),
    "AWS::SNS::Topic": ("topic", "TopicName", lambda p, n: p.client("sns").get_topic_attributes(TopicArn=_topic(p, n))),
    "AWS::SQS::Queue": ("queue", "QueueName", lambda p, n: p.client("sqs").get_queue_url(QueueName=n)),
    "AWS::SecretsManager::Secret": (
        "secret",
        "Name",
        lambda p, n: p.client("secretsmanager").describe_secret(SecretId=n),
    ),
    "AWS::StepFunctions::StateMachine": (
        "state machine",
        "StateMachineName",
        lambda p, n: p.client("stepfunctions").describe_state_machine(stateMachineArn=_machine(p, n)),
    ),
}
"""By CloudFormation's type: the word for it, the property with its name, and the call that finds it."""
LEFT = (
    "make teardown STAGE={stage} DATA=delete deletes what an earlier deployment of this stage has left, for good; "
    "what is not Landfall's must get another name, or the stage another one"
)


def names(planned: Planned) -> Iterator[Look]:
    """Look for each name. Names of a stack that is there are its own."""
    if planned.exists:
        yield good("names", f"the stack landfall-{planned.stage} has them")
        return
    taken, unseen = _found(planned)
    if taken:
        yield failure("names", f"taken: {', '.join(taken)}", LEFT.format(stage=planned.stage))
    if unseen:
        yield warning("names", f"cannot be seen: {', '.join(unseen)}", "allow the calls that describe them, to see it")
    if not taken and not unseen:
        yield good("names", "bucket, table, queues, topics, roles, secret and warehouse are free")
    if there := _functions(planned):
        seen = f"{len(there)} functions are there without their stack: {', '.join(there)}"
        yield warning(
            "functions", seen, f"make deploy goes on with them; make teardown STAGE={planned.stage} deletes them"
        )


def _found(planned: Planned) -> tuple[list[str], list[str]]:
    """Return what is taken, and what AWS does not let one see."""
    taken, unseen = [], []
    for text, name, find in _named(planned):
        try:
            find(planned, name)
        except ClientError as error:
            if code_of(error) == "403" and text == "bucket":
                taken.append(f"bucket {name} (by another account, or you may not see it)")
            elif code_of(error) not in FREE:
                unseen.append(f"{text} {name} ({code_of(error)})")
        else:
            taken.append(f"{text} {name}")
    return taken, unseen


def _named(planned: Planned) -> Iterator[tuple[str, str, Finder]]:
    """Yield word, name and finder of each resource that will be made and has a fixed name."""
    for resource in planned.template["Resources"].values():
        condition = planned.template["Conditions"].get(resource.get("Condition"), True)
        if resource["Type"] in FINDERS and holds(condition, planned.parameters):
            word, field, find = FINDERS[resource["Type"]]
            yield word, planned.name(resource["Properties"][field]["Fn::Sub"]), find


def _topic(planned: Planned, name: str) -> str:
    return planned.name("arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + name)


def _machine(planned: Planned, name: str) -> str:
    return planned.name("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:" + name)


def _functions(planned: Planned) -> list[str]:
    lambdas, found = planned.client("lambda"), []
    for name in map(planned.name, map(function_name, functions(planned.stage))):
        try:
            lambdas.get_function(FunctionName=name)
        except lambdas.exceptions.ResourceNotFoundException:
            continue
        found.append(name)
    return found
