"""Around `chalice deploy`: what Chalice cannot say or forgets, and its record, for the next deployer. Idempotent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deploy.gateway import put_answers
from deploy.merge import BURST, CALLS_PER_SECOND, QUEUES
from deploy.stage import config, filled, function_name, functions
from deploy.template import PROJECT, tag_map, tags

MEMORY = "deployed/{stage}.json"
"""Where in the landing bucket Chalice's record of a stage is kept. Without it a deployment would make a second API."""


def record_of(deployed: Path, stage: str) -> Path:
    """Where Chalice keeps its record here."""
    return deployed / f"{stage}.json"


def remember(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Keep Chalice's record."""
    s3.put_object(Bucket=bucket, Key=MEMORY.format(stage=stage), Body=record_of(deployed, stage).read_bytes())


def recall(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Bring Chalice's record, if there is one: somebody else may have deployed since."""
    try:
        found = s3.get_object(Bucket=bucket, Key=MEMORY.format(stage=stage))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return
        raise
    deployed.mkdir(exist_ok=True)
    record_of(deployed, stage).write_bytes(found)


def forget(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Nothing is deployed any more."""
    s3.delete_object(Bucket=bucket, Key=MEMORY.format(stage=stage))
    record_of(deployed, stage).unlink(missing_ok=True)


@contextmanager
def as_switched(events: Any, stage: str) -> Iterator[None]:
    """Leave off the rules that somebody has switched off: Chalice puts each anew, which switches it on.

    Also when Chalice fails halfway. In between, for seconds, they are on.
    """
    off = [rule["Name"] for rule in rules(events, stage) if rule["State"] == "DISABLED"]
    try:
        yield
    finally:
        for name in off:
            with suppress(events.exceptions.ResourceNotFoundException):  # the app has it no more
                events.disable_rule(Name=name)


def tag(session: Any, stage: str, rest_api: str, where: Mapping[str, str]) -> None:
    """Chalice tags functions, and nothing else: no roles, rules, mappings of queues, no API and no stage of it."""
    said, listed = tag_map(stage), tags(stage)
    iam, events, lambdas, apigateway = map(session.client, ("iam", "events", "lambda", "apigateway"))
    for name in functions(stage):
        iam.tag_role(RoleName=role_name(stage, name), Tags=listed)
    for rule in rules(events, stage):
        events.tag_resource(ResourceARN=rule["Arn"], Tags=listed)
    mapping = filled("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:event-source-mapping:", where)
    for name in QUEUES:
        for found in mappings(lambdas, stage, name):  # not every version of the API tells the whole ARN
            lambdas.tag_resource(Resource=mapping + found["UUID"], Tags=said)
    api = filled("arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/", where) + rest_api
    for arn in (api, f"{api}/stages/{_api_stage(stage)}"):
        apigateway.tag_resource(resourceArn=arn, tags=said)


def keep_logs(logs: Any, stage: str, where: Mapping[str, str]) -> None:
    """A log group for each function, for so long as the stage says, with tags.

    Chalice makes that of the REST API under another name than the API's function writes to.
    """
    days = config()["stages"][stage]["log_retention_in_days"]
    arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
    for name in functions(stage):
        group = filled(f"/aws/lambda/{function_name(name)}", {"Stage": stage})
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)
        logs.tag_resource(resourceArn=filled(arn, where) + group, tags=tag_map(stage))


def let_logs_expire(logs: Any, stage: str) -> None:
    """Chalice, when it deletes a function, has what it wrote kept for ever."""
    days = config()["stages"][stage]["log_retention_in_days"]
    for group in _log_groups(logs, stage):
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)


def drop_logs(logs: Any, stage: str) -> None:
    """What the functions wrote, for good."""
    for group in _log_groups(logs, stage):
        logs.delete_log_group(logGroupName=group)


def limit_calls(apigateway: Any, stage: str, rest_api: str) -> None:
    """As many calls a second as the template allows."""
    asked = {"/*/*/throttling/rateLimit": CALLS_PER_SECOND, "/*/*/throttling/burstLimit": BURST}
    changes = [{"op": "replace", "path": path, "value": str(value)} for path, value in asked.items()]
    apigateway.update_stage(restApiId=rest_api, stageName=_api_stage(stage), patchOperations=changes)


def answer_as_ours(apigateway: Any, stage: str, rest_api: str) -> None:
    """What Gateway answers by itself, as the template says it, too."""
    put_answers(apigateway, rest_api, _api_stage(stage))


def rules(events: Any, stage: str) -> list[dict[str, Any]]:
    """Those of EventBridge, schedules among them, that invoke the stage's functions."""
    pages = events.get_paginator("list_rules").paginate(NamePrefix=f"{PROJECT}-{stage}-")
    return [rule for page in pages for rule in page["Rules"]]


def _log_groups(logs: Any, stage: str) -> list[str]:
    """Those of the stage's functions, whether they are still there or not."""
    ours = f"/aws/lambda/{PROJECT}-{stage}"
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=ours)
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    return [name for name in names if name == ours or name.startswith(f"{ours}-")]


def mappings(lambdas: Any, stage: str, name: str) -> Iterator[dict[str, Any]]:
    """Of queues to a function."""
    pages = lambdas.get_paginator("list_event_source_mappings")
    for page in pages.paginate(FunctionName=filled(function_name(name), {"Stage": stage})):
        yield from page["EventSourceMappings"]


def _api_stage(stage: str) -> str:
    """What API Gateway calls its stage."""
    return str(config()["stages"][stage]["api_gateway_stage"])


def role_name(stage: str, name: str) -> str:
    """As Chalice calls it."""
    return f"{PROJECT}-{stage}-{name}"
