"""Settings that `chalice package` cannot express, and the infrastructure, to be merged into its template.

Dicts are merged, lists replaced. A Fn::Sub of Chalice's must be replaced by another Fn::Sub. With Fn::GetAtt both would
stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.utils import to_cfn_resource_name

from chalicelib.domain.run.events import landing_pattern
from deploy import landing
from deploy.landing import folders
from deploy.policy_size import must_fit
from deploy.rules import resolved
from deploy.sources import rights_of_sources
from deploy.stage import (
    API,
    LOOPING,
    SETTINGS,
    for_template,
    function_name,
    functions,
    granted,
    settings,
    use_of_key,
    with_either_login,
)
from deploy.template.gateway import in_template
from deploy.template.infra import infra, tag_map, tags

DEPLOY_ONLY = ("BucketName", "DailyRpuHours")
"""Parameters that only `make deploy` has: CloudFormation sets no notifications of a bucket that it has not made, and no
usage limits of Redshift Serverless."""
MAKES_BUCKET = "MakesBucket"
RULE = "LandingRule"
BOUNDARY = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
QUEUES = {
    "advance_run": "RunQueue",
    "stage_chunk": "ChunkQueue",
    "on_dead_run": "RunDeadQueue",
    "on_dead_chunk": "ChunkDeadQueue",
    "read_source": "SourceQueue",
}
CALLS_PER_SECOND, BURST = 20, 40
"""Operators and dashboards call the API, not machines. Gateway refuses further calls at no cost."""
API_PROPERTIES = {
    "Name": {"Fn::Sub": "landfall-${Stage}"},
    "TracingEnabled": True,
    "GatewayResponses": in_template(),
    "Tags": tag_map(),
    "PropagateTags": True,
    "MethodSettings": [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingRateLimit": CALLS_PER_SECOND,
            "ThrottlingBurstLimit": BURST,
        }
    ],
}


def merge(stage: str) -> dict[str, Any]:
    """Return the template to merge into that of a stage."""
    template = _without_deploy_only(infra(stage))
    known = {name: output["Value"] for name, output in template["Outputs"].items()}
    variables = {SETTINGS[name]: value for name, value in known.items() if name in SETTINGS}
    for name in functions(stage):
        template["Resources"] |= _function(name, variables)
    for name, queue in QUEUES.items():
        template["Resources"][logical(name)]["Properties"]["Events"] = _mapping(name, queue)
    _announce(template["Resources"], by_rule=landing.has_rule(settings(stage)))
    template["Parameters"]["Stage"]["AllowedValues"] = [stage]  # the functions' names and variables contain it already
    template["Resources"]["RestAPI"] = {"Properties": API_PROPERTIES}
    return template


def policies(stage: str) -> dict[str, Any]:
    """Return each function's policy in the form of the template. Raises DeployError if one would be too large."""
    must_fit(stage)
    warehouse = infra(stage)["Outputs"]["WarehouseArn"]["Value"]
    _, _, workgroup = warehouse["Fn::If"]  # UsesCluster, the cluster, else the workgroup
    known = {"WarehouseArn": warehouse, "WorkgroupArn": workgroup}

    def allowed(name: str) -> dict[str, Any]:
        document = granted(name, settings(stage), folders(), rights_of_sources())
        key = {"Fn::If": ["HasKey", use_of_key(document, {"Ref": "KmsKeyArn"}), {"Ref": "AWS::NoValue"}]}
        found = for_template(with_either_login(document), known)
        return {**found, "Statement": [*found["Statement"], key]}

    return {name: allowed(name) for name in functions(stage)}


def _without_deploy_only(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template without the parameters of `make deploy`: its bucket is always made."""
    for name in DEPLOY_ONLY:
        del template["Parameters"][name]
        template["Outputs"].pop(name, None)
    del template["Conditions"][MAKES_BUCKET]
    for resource in template["Resources"].values():
        if resource.get("Condition") == MAKES_BUCKET:
            del resource["Condition"]
    return dict(resolved(template, {MAKES_BUCKET: True}))


def logical(name: str) -> str:
    """Return the id of a function in Chalice's template."""
    return "APIHandler" if name == API else str(to_cfn_resource_name(name))


def _function(name: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Give a function its fixed name and its environment, its role a fixed name, and make its log group."""
    named = {"Fn::Sub": function_name(name)}
    loops = {"RecursiveLoop": "Allow"} if name in LOOPING else {}
    role, log = (str(to_cfn_resource_name(f"{name}{part}")) for part in ("_role", "_log_group"))
    return {
        logical(name): {
            "Properties": {"FunctionName": named, "Environment": {"Variables": variables}, **loops},
            "DependsOn": [log],
        },
        role: {"Properties": {"RoleName": named, "PermissionsBoundary": BOUNDARY, "Tags": tags()}},
        log: {
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"LogGroupName": {"Fn::Sub": f"/aws/lambda/{function_name(name)}"}, "Tags": tags()},
        },
    }


def _mapping(name: str, queue: str) -> dict[str, Any]:
    """Refer to the queue, so that it is made before it is polled. A batch has one message, which fails by raising."""
    source = f"{to_cfn_resource_name(name)}SqsEventSource"
    return {source: {"Properties": {"Queue": {"Fn::Sub": f"${{{queue}.Arn}}"}}}}


def _announce(resources: dict[str, Any], *, by_rule: bool) -> None:
    """Have a function called for each file that lands, by the bucket itself or by a rule of EventBridge."""
    bucket, function = resources["LandingBucket"], logical(landing.FUNCTION)
    name, permission = bucket["Properties"]["BucketName"], f"{function}Permission"
    if by_rule:
        bucket["Properties"]["NotificationConfiguration"] = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        resources[RULE] = _rule(function, landing_pattern(name, folders()))
        resources[permission] = _may_call(function, "events.amazonaws.com", {"Fn::GetAtt": [RULE, "Arn"]})
        return
    arn = {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{name['Fn::Sub']}"}
    resources[permission] = _may_call(function, "s3.amazonaws.com", arn, SourceAccount={"Ref": "AWS::AccountId"})
    called = landing.in_template(function, folders())
    bucket["Properties"]["NotificationConfiguration"] = {"LambdaConfigurations": called}
    bucket["DependsOn"] = [permission]  # S3 needs the permission before the bucket is made


def _rule(function: str, pattern: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": {"Fn::Sub": landing.RULE},
            "Description": landing.DESCRIPTION,
            "EventPattern": pattern,
            "State": "ENABLED",
            "Tags": tags(),
            "Targets": [{"Id": landing.FUNCTION, "Arn": {"Fn::GetAtt": [function, "Arn"]}}],
        },
    }


def _may_call(function: str, principal: str, source: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Fn::GetAtt": [function, "Arn"]},
            "Action": "lambda:InvokeFunction",
            "Principal": principal,
            "SourceArn": source,
            **more,
        },
    }
