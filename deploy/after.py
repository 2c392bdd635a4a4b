"""After `chalice deploy`: what Chalice cannot say, and its memory kept where the next deployer finds it. Idempotent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deploy.merge import BURST, CALLS_PER_SECOND
from deploy.stage import config, filled, function_name, functions
from deploy.template import PROJECT

API_STAGE = "api"
MEMORY = "deployed/{stage}.json"
"""Where in the landing bucket Chalice's record of a stage is kept. Without it a deployment would make a second API."""


def remember(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Keep Chalice's record."""
    s3.put_object(Bucket=bucket, Key=MEMORY.format(stage=stage), Body=(deployed / f"{stage}.json").read_bytes())


def recall(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Bring Chalice's record, if there is one: somebody else may have deployed since."""
    try:
        found = s3.get_object(Bucket=bucket, Key=MEMORY.format(stage=stage))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return
        raise
    deployed.mkdir(exist_ok=True)
    (deployed / f"{stage}.json").write_bytes(found)


def forget(s3: Any, bucket: str, stage: str, deployed: Path) -> None:
    """Nothing is deployed any more."""
    s3.delete_object(Bucket=bucket, Key=MEMORY.format(stage=stage))
    (deployed / f"{stage}.json").unlink(missing_ok=True)


def switched_off(events: Any, stage: str) -> list[str]:
    """The stage's rules that somebody has disabled; Chalice would enable them again."""
    rules = events.list_rules(NamePrefix=f"{PROJECT}-{stage}-")["Rules"]
    return [rule["Name"] for rule in rules if rule["State"] == "DISABLED"]


def switch_off(events: Any, names: Iterable[str]) -> None:
    """Disable rules again."""
    for name in names:
        events.disable_rule(Name=name)


def tag_roles(iam: Any, stage: str) -> None:
    """Chalice tags functions, but not their roles."""
    said = [{"Key": "Environment", "Value": stage}, {"Key": "Project", "Value": PROJECT}]
    for name in functions(stage):
        iam.tag_role(RoleName=_role(stage, name), Tags=said)


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
        logs.tag_resource(resourceArn=filled(arn, where) + group, tags={"Environment": stage, "Project": PROJECT})


def limit_calls(apigateway: Any, rest_api: str) -> None:
    """As many calls a second as the template allows."""
    asked = {"/*/*/throttling/rateLimit": CALLS_PER_SECOND, "/*/*/throttling/burstLimit": BURST}
    changes = [{"op": "replace", "path": path, "value": str(value)} for path, value in asked.items()]
    apigateway.update_stage(restApiId=rest_api, stageName=API_STAGE, patchOperations=changes)


def _role(stage: str, name: str) -> str:
    """As Chalice calls it."""
    return f"{PROJECT}-{stage}-{name}"
