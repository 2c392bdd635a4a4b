"""What a deployment has made in an account, as AWS tells it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

Inventory = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, by the environment that leads there."""

    env: Mapping[str, str]
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.env["AWS_ENDPOINT_URL"],
                region_name=self.env["AWS_DEFAULT_REGION"],
                aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
            )
        return self.clients[service]

    def inventory(self) -> Inventory:
        """Everything, by kind and name, with what would show that it was changed."""
        return {
            "alarms": _by("AlarmName", self._alarms(), "EvaluationPeriods", "Threshold"),
            "buckets": {name: self._notifications(name) for name in self._buckets()},
            "functions": {f["FunctionName"]: self._function(f) for f in self._functions()},
            "log groups": _by("logGroupName", self._log_groups(), "retentionInDays"),
            "mappings": {_last(m["EventSourceArn"]): _mapping(m) for m in self._mappings()},
            "queues": dict.fromkeys(map(_last_part, self.client("sqs").list_queues().get("QueueUrls", []))),
            "rest apis": {api["id"]: self._rest_api(api) for api in self._rest_apis()},
            "roles": {r["RoleName"]: self._policies(r["RoleName"]) for r in self.client("iam").list_roles()["Roles"]},
            "rules": {r["Name"]: self._rule(r) for r in self.client("events").list_rules()["Rules"]},
            "secrets": _by("Name", self.client("secretsmanager").list_secrets()["SecretList"], "ARN"),
            "state machines": {m["name"]: self._machine(m) for m in self._machines()},
            "stacks": _by("StackName", self._stacks(), "StackStatus", "LastUpdatedTime"),
            "tags": self._tags(),
            "tables": dict.fromkeys(self.client("dynamodb").list_tables()["TableNames"]),
            "topics": dict.fromkeys(_last(t["TopicArn"]) for t in self.client("sns").list_topics()["Topics"]),
        }

    def rest_api(self) -> str:
        """The address of the one REST API."""
        (api,) = self._rest_apis()
        return f"{self.env['AWS_ENDPOINT_URL']}/restapis/{api['id']}/api/_user_request_"

    def _alarms(self) -> list[dict[str, Any]]:
        return list(self.client("cloudwatch").describe_alarms()["MetricAlarms"])

    def _buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]

    def _notifications(self, bucket: str) -> dict[str, str]:
        said = self.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        return {
            c["Filter"]["Key"]["FilterRules"][0]["Value"]: _last(c["LambdaFunctionArn"])
            for c in said.get("LambdaFunctionConfigurations", [])
        }

    def _functions(self) -> list[dict[str, Any]]:
        return list(self.client("lambda").list_functions()["Functions"])

    def _function(self, said: dict[str, Any]) -> dict[str, Any]:
        shown = ("CodeSha256", "Handler", "MemorySize", "Role", "Runtime", "Timeout")
        lambdas = self.client("lambda")
        tags = lambdas.list_tags(Resource=said["FunctionArn"])["Tags"]
        loops = lambdas.get_function_recursion_config(FunctionName=said["FunctionName"])["RecursiveLoop"]
        variables = said["Environment"]["Variables"]
        return {**{name: said[name] for name in shown}, "Environment": variables, "Tags": tags, "Loops": loops}

    def _mappings(self) -> list[dict[str, Any]]:
        return list(self.client("lambda").list_event_source_mappings()["EventSourceMappings"])

    def _rest_apis(self) -> list[dict[str, Any]]:
        return list(self.client("apigateway").get_rest_apis()["items"])

    def _rest_api(self, said: dict[str, Any]) -> dict[str, Any]:
        gateway = self.client("apigateway")
        exported = gateway.get_export(restApiId=said["id"], stageName="api", exportType="swagger")["body"].read()
        methods = {
            f"{verb.upper()} {path}": operation.get("security")
            for path, operations in json.loads(exported)["paths"].items()
            for verb, operation in operations.items()
        }
        (stage,) = gateway.get_stages(restApiId=said["id"])["item"]
        limits = {name: value for name, value in stage["methodSettings"]["*/*"].items() if "throttling" in name}
        return {"name": said["name"], "methods": methods, "stage": stage["stageName"], "limits": limits}

    def _tags(self) -> dict[str, dict[str, str]]:
        """Of what Chalice makes besides functions."""
        iam, events, lambdas, gateway = map(self.client, ("iam", "events", "lambda", "apigateway"))
        found = {}
        for role in iam.list_roles()["Roles"]:
            found[role["RoleName"]] = _pairs(iam.list_role_tags(RoleName=role["RoleName"])["Tags"])
        for rule in events.list_rules()["Rules"]:
            found[rule["Name"]] = _pairs(events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"])
        for said in self._mappings():
            found[_last(said["EventSourceArn"])] = lambdas.list_tags(Resource=said["EventSourceMappingArn"])["Tags"]
        for api in self._rest_apis():
            for where in (f"/restapis/{api['id']}", f"/restapis/{api['id']}/stages/api"):
                arn = f"arn:aws:apigateway:{self.env['AWS_DEFAULT_REGION']}::{where}"
                found[where] = gateway.get_tags(resourceArn=arn)["tags"]
        return found

    def _policies(self, role: str) -> dict[str, Any]:
        iam = self.client("iam")
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}

    def _rule(self, said: dict[str, Any]) -> dict[str, Any]:
        targets = self.client("events").list_targets_by_rule(Rule=said["Name"])["Targets"]
        when = said.get("ScheduleExpression") or json.loads(said["EventPattern"])
        return {"State": said["State"], "when": when, "calls": [_last(target["Arn"]) for target in targets]}

    def _log_groups(self) -> list[dict[str, Any]]:
        return list(self.client("logs").describe_log_groups()["logGroups"])

    def _machines(self) -> list[dict[str, Any]]:
        return list(self.client("stepfunctions").list_state_machines()["stateMachines"])

    def _machine(self, said: dict[str, Any]) -> dict[str, Any]:
        found = self.client("stepfunctions").describe_state_machine(stateMachineArn=said["stateMachineArn"])
        return {name: found[name] for name in ("type", "roleArn", "definition", "loggingConfiguration")}

    def _stacks(self) -> list[dict[str, Any]]:
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        return [stack for stack in stacks if not stack["StackStatus"].startswith("DELETE")]


def _by(key: str, found: Iterable[dict[str, Any]], *shown: str) -> dict[str, Any]:
    return {one[key]: {name: one.get(name) for name in shown} for one in found}


def _mapping(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "UUID": said["UUID"],
        "calls": _last(said["FunctionArn"]),
        "at once": said["ScalingConfig"]["MaximumConcurrency"],
        "batch": said["BatchSize"],
    }


def _pairs(tags: Iterable[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


def _last_part(url: str) -> str:
    return url.rpartition("/")[2]
