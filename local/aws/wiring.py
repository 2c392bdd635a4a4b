"""Registers an app's functions in the local AWS, and connects them with the event sources that Chalice declares.

Idempotent: earlier registrations are replaced.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.domain.run.events import landing_pattern
from local.aws.clients import client
from local.aws.functions import Function
from local.aws.provision import Provision
from local.options import ACCOUNT, DEAD_SUFFIX, LANDING, MACHINE, REGION, SOURCE_MACHINE
from local.record import Record

CALLED = {"AdvanceRun": "advance_run", "ReadSource": "read_source", "StageChunk": "stage_chunk"}
"""The functions that the state machines call, by their placeholders."""
DEFINITIONS = {"statemachine.asl.json": MACHINE, "source.asl.json": SOURCE_MACHINE}
"""The state machines, by their definitions in infra/."""
LANDING_RULE = "landfall-local-landing"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/landfall-local"


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Connects event sources with functions at one endpoint."""

    provision: Provision
    worker_url: str
    sweep_seconds: int
    """Period in seconds that replaces those of the schedules; 0 keeps theirs."""
    folders: Sequence[str]
    """Folders of which the bucket notifies the function for landed files."""
    backoff_seconds: float
    """The pause of the state machine before a second try."""
    by_rule: bool = False
    """A rule of EventBridge announces files, instead of the bucket's notification."""
    machines: Path | None = None
    """Folder with the definitions of the state machines, if the stack has them."""

    def connect(self, functions: list[Function]) -> None:
        """Connect every function with its event source."""
        notifications: dict[str, list[dict[str, Any]]] = defaultdict(list)
        arns = {function.name: self._register(function) for function in functions}
        self._make_machines(arns)
        for function in functions:
            arn = arns[function.name]
            match function.kind:
                case "s3":
                    notifications[function.source["bucket"]].append(_notification(function, arn))
                case "none" if function.name == LANDING:
                    notifications[self.provision.names.bucket] += self._landings(arn)
                case "sqs":
                    self._poll(function, arn)
                case "sns":
                    self._subscribe(function, arn)
                case "event":
                    self._rule(function, arn, EventPattern=json.dumps(function.source["event_pattern"]))
                case "schedule":
                    self._rule(function, arn, ScheduleExpression=self._expression(function))
        for bucket, configurations in notifications.items():
            self._notify(bucket, configurations)

    def _register(self, function: Function) -> str:
        """Register the function in the local Lambda, which calls the worker to invoke it."""
        service = self._client("lambda")
        with contextlib.suppress(service.exceptions.ResourceNotFoundException):
            service.delete_function(FunctionName=function.full_name)
        made = service.create_function(
            FunctionName=function.full_name,
            Runtime="python3.13",
            Role=ROLE,
            Handler=f"app.{function.name}",
            Timeout=function.timeout,
            Code={"ZipFile": _some_zip()},
            Environment={"Variables": {"MINISTACK_LAMBDA_PROXY_URL": self.worker_url}},
        )
        return str(made["FunctionArn"])

    def _make_machines(self, arns: Mapping[str, str]) -> None:
        """Make the state machines of a stack that has them. Their tries are those of messages here."""
        if not self.machines:
            return
        for file, machine in DEFINITIONS.items():
            definition = json.loads((self.machines / file).read_text(encoding="utf-8"))
            retry_as(definition["States"], self.provision.max_attempts, self.backoff_seconds)
            text = json.dumps(definition)
            for placeholder, name in CALLED.items():
                text = text.replace(f"${{{placeholder}}}", arns[name])
            self._client("stepfunctions").create_state_machine(
                name=machine.rpartition(":")[2], definition=text, roleArn=ROLE
            )

    def _poll(self, function: Function, arn: str) -> None:
        """Make an event source mapping, with the limit of concurrent invocations that the app declares."""
        queue = function.source["queue"] or function.source["queue_arn"].rpartition(":")[2]
        self._ensure_queue(queue)
        source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
        service = self._client("lambda")
        for old in service.list_event_source_mappings(EventSourceArn=source)["EventSourceMappings"]:
            service.delete_event_source_mapping(UUID=old["UUID"])
        most = function.source["maximum_concurrency"]
        service.create_event_source_mapping(
            EventSourceArn=source,
            FunctionName=arn,
            BatchSize=function.source["batch_size"],
            **({"ScalingConfig": {"MaximumConcurrency": most}} if most else {}),
        )

    def _ensure_queue(self, name: str) -> None:
        """Make a queue that only the app declares. A dead-letter queue is made with its queue."""
        if not name.endswith(DEAD_SUFFIX):
            self.provision.queue(name)

    def _subscribe(self, function: Function, arn: str) -> None:
        topic = function.source["topic"].rpartition(":")[2]
        sns = self._client("sns")
        sns.subscribe(TopicArn=sns.create_topic(Name=topic)["TopicArn"], Protocol="lambda", Endpoint=arn)

    def _rule(self, function: Function, arn: str, **when: str) -> None:
        events = self._client("events")
        events.put_rule(Name=function.full_name, State="ENABLED", **when)
        events.put_targets(Rule=function.full_name, Targets=[{"Id": "1", "Arn": arn}])

    def _landings(self, arn: str) -> list[dict[str, Any]]:
        """Return the bucket's notifications of landed files; none if a rule announces them, which is made here."""
        if not self.by_rule:
            return landings(arn, self.folders)
        events = self._client("events")
        _put_landing_rule(events, self.provision.names.bucket, self.folders)
        events.put_targets(Rule=LANDING_RULE, Targets=[{"Id": LANDING, "Arn": arn}])
        return []

    def _expression(self, function: Function) -> str:
        if self.sweep_seconds:
            return f"rate({self.sweep_seconds} seconds)"
        return str(function.source["expression"])

    def _notify(self, bucket: str, configurations: list[dict[str, Any]]) -> None:
        self.provision.bucket(bucket)
        wanted: dict[str, Any] = {"LambdaFunctionConfigurations": configurations}
        if self.by_rule:
            wanted["EventBridgeConfiguration"] = {}
        self._client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)

    def _client(self, service: str) -> Any:
        return client(service, self.provision.endpoint, self.provision.credentials)


def notify_of(folders: Sequence[str], record: Record) -> None:
    """Have files in these folders of a running stack announced, instead of those in the former ones."""
    s3, events = (client(name, record.ports.url("aws"), record.credentials) for name in ("s3", "events"))
    bucket = record.names.bucket
    configuration = s3.get_bucket_notification_configuration(Bucket=bucket)
    if "EventBridgeConfiguration" in configuration:
        _put_landing_rule(events, bucket, folders)
        return
    now = configuration.get("LambdaFunctionConfigurations", [])
    ours = {one["LambdaFunctionArn"] for one in now if one["LambdaFunctionArn"].endswith(f"-{LANDING}")}
    kept = [one for one in now if one["LambdaFunctionArn"] not in ours]
    wanted = [*kept, *(notification for arn in ours for notification in landings(arn, folders))]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": wanted}
    )


def _put_landing_rule(events: Any, bucket: str, folders: Sequence[str]) -> None:
    events.put_rule(Name=LANDING_RULE, State="ENABLED", EventPattern=json.dumps(landing_pattern(bucket, folders)))


def landings(arn: str, folders: Sequence[str]) -> list[dict[str, Any]]:
    """Return S3's notifications to the function for landed files: one for each folder, as S3 takes one prefix each."""
    return [
        {
            "Id": f"{LANDING}-{number}",
            "LambdaFunctionArn": arn,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": folder}]}},
        }
        for number, folder in enumerate(folders)
    ]


def _notification(function: Function, arn: str) -> dict[str, Any]:
    """Return S3's notification to one function."""
    source = function.source
    rules = [{"Name": name, "Value": source[name]} for name in ("prefix", "suffix") if source[name]]
    wanted: dict[str, Any] = {"LambdaFunctionArn": arn, "Events": source["events"], "Id": function.name}
    return {**wanted, "Filter": {"Key": {"FilterRules": rules}}} if rules else wanted


def _some_zip() -> bytes:
    """Return some code, which Lambda requires. The worker has the real code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "# runs in the worker\n")
    return packed.getvalue()


def retry_as(states: Mapping[str, Any], max_attempts: int, backoff_seconds: float) -> None:
    """Let each state try as often, and pause as long, as the settings have it."""
    for state in states.values():
        if "ItemProcessor" in state:
            retry_as(state["ItemProcessor"]["States"], max_attempts, backoff_seconds)
        for retrier in state.get("Retry", ()):
            if retrier["ErrorEquals"] == ["States.TaskFailed"]:
                retrier |= {
                    "MaxAttempts": max(retrier["MaxAttempts"], max_attempts - 1),
                    "IntervalSeconds": max(1, round(backoff_seconds)),
                }
