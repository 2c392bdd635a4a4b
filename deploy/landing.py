"""The folders of the landing bucket in which files land, by the contracts, and what announces the files there.

That is the bucket's own notifications, or a rule of EventBridge on stages that choose it. S3 refuses two notifications
whose prefixes overlap. Each folder is the first part of a key, so that no two overlap. Rules may overlap.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chalicelib.domain.contract.routing import landing_prefixes
from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.events import landing_pattern
from deploy.stack import DeployError
from deploy.stage import RECORDS, filled, function_name
from deploy.template.infra import tags
from landfall.choices import chooses_rule
from landfall.contracts import deployed
from landfall.faults import CommandError

FUNCTION = "on_incoming"
"""The function that the bucket notifies of each file that lands."""
EVENT = "s3:ObjectCreated:*"
PLAIN = re.compile(r"[\w!.'()=@:,+ -]+/", re.ASCII)
"""Folders whose names mean the same in a policy: IAM would take `*`, `?` and `$` for its own signs."""
PERMISSION, PERMISSION_OF_RULE = "landing-bucket", "landing-rule"
RULE = "landfall-${Stage}-landing"
RULE_ARN = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/" + RULE
DESCRIPTION = "Files that land for Landfall"


def contracts_in_use() -> Contracts:
    """Return the contracts that are deployed. Raises DeployError if one is at fault."""
    try:
        return deployed()
    except CommandError as error:
        raise DeployError(str(error)) from None


def folders() -> tuple[str, ...]:
    """Return the folders of the contracts in use, sorted. Raises DeployError, also for contracts at fault."""
    found = landing_prefixes(contracts_in_use())
    if strange := [folder for folder in found if not PLAIN.fullmatch(folder)]:
        raise DeployError(f"lands_at: rename the folder {strange[0]}: policies take letters, digits and !.'()=@:,+-_")
    if RECORDS in found:
        raise DeployError(f"lands_at: rename the folder {RECORDS}: deployments keep their record there")
    return found


def has_rule(stage: Mapping[str, Any]) -> bool:
    """Whether a rule announces files on a stage of this configuration. Raises ValueError if it chooses neither way."""
    return chooses_rule(stage.get("environment_variables", {}))


def in_template(function: str, prefixes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the notifications of a function in the form of the template's bucket."""
    arn = {"Fn::GetAtt": [function, "Arn"]}
    return [
        {"Event": EVENT, "Function": arn, "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}}}
        for prefix in prefixes
    ]


def notify(session: Any, bucket: str, where: Mapping[str, str], prefixes: tuple[str, ...], *, by_rule: bool) -> None:
    """Have the deployed function called for each folder, and leave other notifications and rules alone."""
    lambdas, events, arn = session.client("lambda"), session.client("events"), _arn(where)
    if by_rule:
        rule = filled(RULE_ARN, where)
        _put_rule(events, where, pattern_of(bucket, prefixes), arn)
        events.tag_resource(ResourceARN=rule, Tags=tags(where["Stage"]))
        _permit(lambdas, arn, PERMISSION_OF_RULE, Principal="events.amazonaws.com", SourceArn=rule)
        _put(session.client("s3"), bucket, arn, [], EventBridgeConfiguration={})
        return
    here = {
        "SourceAccount": where["AWS::AccountId"],
        "SourceArn": filled(f"arn:${{AWS::Partition}}:s3:::{bucket}", where),
    }
    _permit(lambdas, arn, PERMISSION, Principal="s3.amazonaws.com", **here)
    _put(session.client("s3"), bucket, arn, [_notification(arn, prefix) for prefix in prefixes])
    delete_rule(events, where)


def silence(session: Any, bucket: str, where: Mapping[str, str]) -> None:
    """Remove the bucket's notifications to the function, and leave others alone. Events to EventBridge stay on."""
    _put(session.client("s3"), bucket, _arn(where), [])


def _permit(lambdas: Any, arn: str, statement: str, **caller: str) -> None:
    with suppress(lambdas.exceptions.ResourceConflictException):  # it has the permission already
        lambdas.add_permission(FunctionName=arn, StatementId=statement, Action="lambda:InvokeFunction", **caller)


def pattern_of(bucket: str, prefixes: tuple[str, ...]) -> str:
    """Return the pattern of the rule. EventBridge takes 2,048 characters: folders that fit into policies fit here."""
    return json.dumps(landing_pattern(bucket, prefixes), separators=(",", ":"))


def _put_rule(events: Any, where: Mapping[str, str], pattern: str, function: str) -> None:
    """Make the rule, or change it. One that the operator has disabled stays so. Raises DeployError."""
    name, known = filled(RULE, where), _rules(events, where)
    state = known[0]["State"] if known else "ENABLED"
    events.put_rule(Name=name, EventPattern=pattern, State=state, Description=DESCRIPTION)
    answer = events.put_targets(Rule=name, Targets=[{"Id": FUNCTION, "Arn": function}])
    if answer["FailedEntryCount"]:  # EventBridge answers without an error
        raise DeployError(f"the rule {name} cannot call {FUNCTION}: {answer['FailedEntries'][0]['ErrorMessage']}")


def delete_rule(events: Any, where: Mapping[str, str]) -> None:
    """Delete the rule, if there is one, with all its targets: EventBridge keeps a rule that has targets."""
    for rule in _rules(events, where):
        name = rule["Name"]
        if targets := events.list_targets_by_rule(Rule=name)["Targets"]:
            events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
        events.delete_rule(Name=name)


def _rules(events: Any, where: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rule, or nothing. Listing takes no right that a deployment lacks; other stages' rules begin alike."""
    name = filled(RULE, where)
    pages = events.get_paginator("list_rules").paginate(NamePrefix=name)
    return [rule for page in pages for rule in page["Rules"] if rule["Name"] == name]


def _put(s3: Any, bucket: str, arn: str, ours: list[dict[str, Any]], **more: Any) -> None:
    """Replace our notifications. Without one of ours S3 checks none: a receiver of others may be gone, or closed."""
    now = {"LambdaFunctionConfigurations": [], **s3.get_bucket_notification_configuration(Bucket=bucket)}
    now.pop("ResponseMetadata", None)
    theirs = [one for one in now["LambdaFunctionConfigurations"] if one["LambdaFunctionArn"] != arn]
    wanted = {**now, "LambdaFunctionConfigurations": [*theirs, *ours], **more}
    if now != wanted:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=wanted, SkipDestinationValidation=not ours
        )


def _notification(arn: str, prefix: str) -> dict[str, Any]:
    rules = [{"Name": "Prefix", "Value": prefix}]
    name = f"{FUNCTION}-{prefix.rstrip('/')}"
    return {"Id": name, "LambdaFunctionArn": arn, "Events": [EVENT], "Filter": {"Key": {"FilterRules": rules}}}


def _arn(where: Mapping[str, str]) -> str:
    function = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function_name(FUNCTION)}"
    return str(filled(function, where))
