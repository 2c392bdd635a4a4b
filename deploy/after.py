"""Completes `chalice deploy`: settings that Chalice lacks or drops, and its record for the next run. Idempotent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deploy.stage import LOOPING, RECORDS, filled, function_name, functions, settings
from deploy.template.gateway import put_gateway_responses
from deploy.template.infra import PROJECT, tag_map, tags
from deploy.template.merge import BURST, CALLS_PER_SECOND, QUEUES

FUNCTION = re.compile(r"[a-z0-9]*_\w*|authorize")
RECORD_KEY = RECORDS + "{stage}.json"
"""Key in the landing bucket of Chalice's record of a stage. Without it a deployment would make a second API."""

CONTRACTS = "contracts"
"""Metadata of the record."""


def record_of(deployed: Path, stage: str) -> Path:
    """Return the path of Chalice's record on this machine."""
    return deployed / f"{stage}.json"


def upload_record(s3: Any, bucket: str, stage: str, deployed: Path, *, own_contracts: bool) -> None:
    """Upload Chalice's record, and whether the stage has contracts of its own."""
    s3.put_object(
        Bucket=bucket,
        Key=RECORD_KEY.format(stage=stage),
        Body=record_of(deployed, stage).read_bytes(),
        Metadata={CONTRACTS: "own" if own_contracts else "shipped"},
    )


def has_own_contracts(s3: Any, bucket: str, stage: str) -> bool:
    """Return whether the last deployment had contracts of its own."""
    with _unless_there_is_none():
        found = s3.head_object(Bucket=bucket, Key=RECORD_KEY.format(stage=stage))
        return bool(found["Metadata"].get(CONTRACTS) == "own")
    return False


def download_record(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Download Chalice's record if there is one: another operator may have deployed since."""
    with _unless_there_is_none():
        found = s3.get_object(Bucket=bucket, Key=RECORD_KEY.format(stage=stage))["Body"].read()
        deployed.mkdir(exist_ok=True)
        record_of(deployed, stage).write_bytes(found)


@contextmanager
def _unless_there_is_none() -> Iterator[None]:
    """Suppress S3's error for an object that is not there. HEAD has no body, and so only the status as its code."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise


def delete_record(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Delete Chalice's record, when nothing is deployed any more."""
    s3.delete_object(Bucket=bucket, Key=RECORD_KEY.format(stage=stage))
    record_of(deployed, stage).unlink(missing_ok=True)


@contextmanager
def as_switched(events: Any, stage: str) -> Iterator[None]:
    """Keep the rules disabled that the operator has disabled. Chalice writes each rule again, which enables it.

    This holds also when Chalice fails halfway. In between, for seconds, the rules are enabled.
    """
    off = [rule["Name"] for rule in rules(events, stage) if rule["State"] == "DISABLED"]
    try:
        yield
    finally:
        for name in off:
            with suppress(events.exceptions.ResourceNotFoundException):  # the app no longer has it
                events.disable_rule(Name=name)


def tag(session: Any, stage: str, rest_api: str, where: Mapping[str, str]) -> None:
    """Tag what Chalice leaves untagged: roles, rules, mappings of queues, the API and its stage."""
    tagged, listed = tag_map(stage), tags(stage)
    iam, events, lambdas, apigateway = map(session.client, ("iam", "events", "lambda", "apigateway"))
    for name in functions(stage):
        iam.tag_role(RoleName=role_name(stage, name), Tags=listed)
    for rule in rules(events, stage):
        events.tag_resource(ResourceARN=rule["Arn"], Tags=listed)
    mapping = filled("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:event-source-mapping:", where)
    for name in QUEUES:
        for found in mappings(lambdas, stage, name):  # not every version of the API returns the whole ARN
            lambdas.tag_resource(Resource=mapping + found["UUID"], Tags=tagged)
    api = filled("arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/", where) + rest_api
    for arn in (api, f"{api}/stages/{_api_stage(stage)}"):
        apigateway.tag_resource(resourceArn=arn, tags=tagged)


def keep_logs(logs: Any, stage: str, where: Mapping[str, str]) -> None:
    """Make a log group for each function, with the stage's retention and tags.

    Chalice names the REST API's log group differently from the one that its function writes to.
    """
    days = settings(stage)["log_retention_in_days"]
    arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
    for name in functions(stage):
        group = filled(f"/aws/lambda/{function_name(name)}", {"Stage": stage})
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)
        logs.tag_resource(resourceArn=filled(arn, where) + group, tags=tag_map(stage))


def let_logs_expire(logs: Any, stage: str) -> None:
    """Set the retention again: Chalice removes it from a log group when it deletes the function."""
    days = settings(stage)["log_retention_in_days"]
    for group in _log_groups(logs, stage):
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)


def drop_logs(logs: Any, stage: str) -> None:
    """Delete the functions' logs for good."""
    for group in _log_groups(logs, stage):
        logs.delete_log_group(logGroupName=group)


def allow_loops(lambdas: Any, stage: str) -> None:
    """Let the functions that send each other messages go on beyond the 16th."""
    for name in LOOPING:
        function = filled(function_name(name), {"Stage": stage})
        lambdas.put_function_recursion_config(FunctionName=function, RecursiveLoop="Allow")


def limit_calls(apigateway: Any, stage: str, rest_api: str) -> None:
    """Limit the calls a second to what the template allows."""
    limits = {"/*/*/throttling/rateLimit": CALLS_PER_SECOND, "/*/*/throttling/burstLimit": BURST}
    changes = [{"op": "replace", "path": path, "value": str(value)} for path, value in limits.items()]
    apigateway.update_stage(restApiId=rest_api, stageName=_api_stage(stage), patchOperations=changes)


def set_gateway_responses(apigateway: Any, stage: str, rest_api: str) -> None:
    """Set Gateway's own answers to those of the template."""
    put_gateway_responses(apigateway, rest_api, _api_stage(stage))


def rules(events: Any, stage: str) -> list[dict[str, Any]]:
    """List EventBridge's rules that invoke the stage's functions, schedules included."""
    pages = events.get_paginator("list_rules").paginate(NamePrefix=f"{PROJECT}-{stage}-")
    listed = [rule for page in pages for rule in page["Rules"]]
    return [rule for rule in listed if _is_of(stage, rule["Name"].removesuffix("-event"))]


def _log_groups(logs: Any, stage: str) -> list[str]:
    """List the log groups of the stage's functions, including functions that are gone."""
    folder = "/aws/lambda/"
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"{folder}{PROJECT}-{stage}")
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    return [name for name in names if _is_of(stage, name.removeprefix(folder))]


def _is_of(stage: str, name: str) -> bool:
    """Return whether a function of this name is one of the stage's, and not of stage `dev-a` if the stage is `dev`.

    The names of functions have an underscore, and those of stages have none (stage.py refuses the one exception).
    """
    ours = f"{PROJECT}-{stage}"
    return name == ours or (name.startswith(f"{ours}-") and bool(FUNCTION.fullmatch(name.removeprefix(f"{ours}-"))))


def mappings(lambdas: Any, stage: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield the mappings of queues to a function."""
    pages = lambdas.get_paginator("list_event_source_mappings")
    for page in pages.paginate(FunctionName=filled(function_name(name), {"Stage": stage})):
        yield from page["EventSourceMappings"]


def _api_stage(stage: str) -> str:
    """Return the name of API Gateway's stage."""
    return str(settings(stage)["api_gateway_stage"])


def role_name(stage: str, name: str) -> str:
    """Return the name that Chalice gives to a function's role."""
    return f"{PROJECT}-{stage}-{name}"
