"""The template of the infrastructure: infra/*.yaml, with alarms, dashboard and tags.

A stage without a state machine has nothing of one in its template.
"""

from __future__ import annotations

from typing import Any

import yaml

from deploy.machine import has_machine
from deploy.metrics.alarms import alarms
from deploy.metrics.dashboard import dashboard
from deploy.stage import ROOT, functions, settings
from deploy.template.machine import OUTPUTS, machine
from deploy.template.schedules import schedules
from landfall.contracts import deployed

PROJECT = "landfall"
SMALL, SMALL_CAPACITY, SMALL_HOURS = "dev", 4, 24
"""The stage for trying things out: the smallest workgroup, and a day of it (some 9 USD) as its limit."""
REF_STAGE = {"Ref": "Stage"}
TAGGED = frozenset(
    {
        "AWS::CloudTrail::Trail",
        "AWS::CloudWatch::Alarm",
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::RedshiftServerless::Namespace",
        "AWS::RedshiftServerless::Workgroup",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::StepFunctions::StateMachine",
    }
)
"""Kinds that take a list of tags. Serverless functions take a map, which Chalice writes."""


def infra(stage: str) -> dict[str, Any]:
    """Return the template that `chalice deploy` needs. Its parameter Stage has the stage as its default.

    Raises CommandError if a contract is at fault on a stage with a state machine, whose schedules are the contracts'.
    """
    template: dict[str, Any] = yaml.safe_load((ROOT / "infra/landfall.template.yaml").read_text())
    for part in ("messages", "warehouse", "trail"):
        template["Resources"] |= yaml.safe_load((ROOT / f"infra/{part}.yaml").read_text())["Resources"]
    names, executions = sorted(functions(stage)), has_machine(settings(stage))
    if executions:
        template["Resources"] |= machine(settings(stage)) | schedules(deployed())
        template["Outputs"] |= OUTPUTS
    template["Resources"] |= alarms(names, executions=executions)
    template["Resources"]["Dashboard"] = dashboard(names, executions=executions)
    url = "https://${AWS::Region}.console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}#dashboards:name=landfall-${Stage}"
    template["Outputs"]["DashboardUrl"] = {"Value": {"Fn::Sub": url}}
    template["Parameters"]["Stage"]["Default"] = stage
    if stage == SMALL:
        template["Parameters"]["BaseCapacity"]["Default"] = SMALL_CAPACITY
        template["Parameters"]["DailyRpuHours"]["Default"] = SMALL_HOURS
    for resource in template["Resources"].values():
        tag(resource)
    return template


def tag(resource: dict[str, Any]) -> None:
    """Give a resource the common tags, if its kind takes tags."""
    if resource["Type"] in TAGGED:
        resource["Properties"]["Tags"] = tags()


def tag_map(stage: Any = REF_STAGE) -> dict[str, Any]:
    """Return the tags of every resource. In a template the stage is an expression."""
    return {"Environment": stage, "Project": PROJECT}


def tags(stage: Any = REF_STAGE) -> list[dict[str, Any]]:
    """Return the same tags in the form that most services take."""
    return [{"Key": name, "Value": value} for name, value in tag_map(stage).items()]
