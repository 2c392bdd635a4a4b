"""The template of what Landfall stands on, and what is merged into Chalice's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.table import table_definition
from chalicelib.config import Settings
from chalicelib.domain.run.keys import OUTPUTS
from chalicelib.observe import METRICS
from deploy.metrics.alarms import DEAD_QUEUES, OF_FUNCTIONS, OURS
from deploy.stage import LOOPING, ROOT, SETTINGS, config, functions, stages
from deploy.template.infra import TAGGED, infra
from deploy.template.merge import logical, merge
from tests.packaging.policies import FOLDERS, NOT_TAGGABLE

ATTEMPTS = Settings.__dataclass_fields__["max_attempts"].default
TEMPLATE = infra("dev")
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def _of(kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def test_the_table_is_the_one_the_adapter_knows() -> None:
    table = RESOURCES["Table"]["Properties"]
    wanted = table_definition("any")
    del wanted["TableName"]
    assert {name: table[name] for name in wanted} == wanted
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("name", ["Run", "Chunk", "Result"])
def test_a_queue_has_dead_letters_of_its_kind_which_last_longer(name: str) -> None:
    queue, dead = (RESOURCES[f"{name}{part}Queue"]["Properties"] for part in ("", "Dead"))
    redrive = queue["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{name}DeadQueue", "Arn"]}
    assert redrive["maxReceiveCount"] == ATTEMPTS + 1, "a handler has to see its last try"
    assert queue.get("FifoQueue") == dead.get("FifoQueue"), "SQS takes no other"
    assert dead["MessageRetentionPeriod"] == 14 * 86_400 >= queue["MessageRetentionPeriod"]


def test_queues_without_dead_letters() -> None:
    queues = _of("AWS::SQS::Queue")
    without = {name for name, queue in queues.items() if "RedrivePolicy" not in queue}
    assert without == {"RunDeadQueue", "ChunkDeadQueue", "ResultDeadQueue", "SourceQueue"}
    without.remove("SourceQueue")  # the clock sends another message
    alarmed = {
        part["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Fn::Sub"]
        for alarm in _of("AWS::CloudWatch::Alarm").values()
        for part in alarm.get("Metrics", ())
        if part.get("MetricStat", {}).get("Metric", {}).get("Namespace") == "AWS/SQS"
    }
    assert {queues[name]["QueueName"]["Fn::Sub"] for name in without} == alarmed


def test_every_queue_has_a_policy_that_holds_for_itself() -> None:
    (policy,) = _of("AWS::SQS::QueuePolicy").values()
    assert [queue["Ref"] for queue in policy["Queues"]] == list(_of("AWS::SQS::Queue"))
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", "*"), "SQS documents no pattern of names there"


@pytest.mark.parametrize("stage", stages())
@pytest.mark.parametrize(
    ("queue", "function"),
    [("Run", "advance_run"), ("Chunk", "stage_chunk"), ("RunDead", "on_dead_run"), ("ChunkDead", "on_dead_chunk")],
)
def test_a_message_is_hidden_for_six_timeouts(stage: str, queue: str, function: str) -> None:
    hidden = RESOURCES[f"{queue}Queue"]["Properties"]["VisibilityTimeout"]
    assert hidden >= 6 * functions(stage)[function]["lambda_timeout"]


def test_everything_that_can_be_tagged_is() -> None:
    for resource in RESOURCES.values():
        if resource["Type"] in NOT_TAGGABLE:
            continue
        assert resource["Type"] in TAGGED
        assert {tag["Key"] for tag in resource["Properties"]["Tags"]} == {"Environment", "Project"}


def test_what_holds_data_outlives_its_stack() -> None:
    kinds = {
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
        "AWS::RedshiftServerless::Namespace",
        "AWS::SecretsManager::Secret",
    }
    for resource in RESOURCES.values():
        if resource["Type"] in kinds:
            assert resource["UpdateReplacePolicy"] == "Retain"
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate", (
                "a first try that fails must leave no names taken"
            )


@pytest.mark.parametrize("bucket", ["LandingBucket", "TrailBucket"])
def test_buckets_are_private_encrypted_and_tls_only(bucket: str) -> None:
    said = RESOURCES[bucket]["Properties"]
    assert set(said["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(said["PublicAccessBlockConfiguration"]) == 4
    assert said["BucketEncryption"]
    assert said["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    statement = RESOURCES[f"{bucket}Policy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_warehouse_is_private_and_optional() -> None:
    workgroup = RESOURCES["Workgroup"]
    assert workgroup["Properties"]["PubliclyAccessible"] is False
    assert workgroup["Condition"] == RESOURCES["Namespace"]["Condition"] == "MakesWarehouse"


def test_what_a_load_reads_stays_readable() -> None:
    rules = {rule["Id"]: rule for rule in RESOURCES["LandingBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]}
    moved = {rule["Prefix"]: rule["Transitions"] for rule in rules.values() if "Transitions" in rule}
    assert moved["processed/"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": 30}]
    assert moved["archive/"] == [{"StorageClass": "GLACIER", "TransitionInDays": 30}]
    assert rules["processed-expires"]["ExpirationInDays"] == {"Ref": "KeepProcessedDays"}
    assert rules["rejected-expires"]["ExpirationInDays"] == 90
    assert rules["incomplete-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 3}


def test_the_warehouse_writes_exports_and_nothing_else() -> None:
    policies = RESOURCES["CopyRole"]["Properties"]["Policies"]
    statements = [s for p in policies for s in p["PolicyDocument"]["Statement"] if "Action" in s]
    [writes] = [s for s in statements if any(not a.startswith(("s3:Get", "s3:List")) for a in s["Action"])]
    assert writes["Action"] == ["s3:PutObject"]
    assert writes["Resource"]["Fn::Sub"][0].endswith("${B}/unload/*")
    rules = {rule["Id"]: rule for rule in RESOURCES["LandingBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]}
    assert (rules["unload-expires"]["Prefix"], rules["unload-expires"]["ExpirationInDays"]) == ("unload/", 1)


def test_the_outputs_name_every_setting_that_has_no_default() -> None:
    needed = {
        f"LANDFALL_{name.upper()}"
        for name, f in Settings.__dataclass_fields__.items()
        if f.default.__class__.__name__ == "_MISSING_TYPE"
    }
    assert needed <= {SETTINGS[name] for name in TEMPLATE["Outputs"] if name in SETTINGS}


def test_no_function_is_called_for_what_we_write_ourselves() -> None:
    called = merge("prod")["Resources"]["LandingBucket"]["Properties"]["NotificationConfiguration"][
        "LambdaConfigurations"
    ]
    assert {c["Filter"]["S3Key"]["Rules"][0]["Value"] for c in called} == set(FOLDERS)
    assert not [(out, folder) for out in OUTPUTS for folder in FOLDERS if out.startswith(folder)]


def test_functions_that_may_loop() -> None:
    said = {name: r["Properties"].get("RecursiveLoop") for name, r in merge("prod")["Resources"].items()}
    allowed = {name for name, value in said.items() if value}
    assert {said[name] for name in allowed} == {"Allow"}
    assert allowed == {logical(name) for name in LOOPING} == {"AdvanceRun", "StageChunk", "ReadSource"}


def test_alarms_use_known_metrics_and_name_a_runbook_entry() -> None:
    metrics = {metric for event in METRICS.values() for metric, _, _ in event.values()}
    assert {alarm.metric for alarm in OURS} <= metrics
    runbook = (ROOT / "docs/operate/runbook.md").read_text()
    alarms = _of("AWS::CloudWatch::Alarm")
    assert len(alarms) == len(OURS) + len(DEAD_QUEUES) + len(OF_FUNCTIONS) + len(["reject-ratio"])
    for alarm in alarms.values():
        name = alarm["AlarmName"]["Fn::Sub"].removeprefix("landfall-${Stage}-")
        assert alarm["AlarmDescription"].endswith(f"docs/operate/runbook.md, alarm {name}.")
        assert f"| `{name}` |" in runbook


def test_the_dashboard_is_json_that_names_metrics_there_are() -> None:
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0])
    metrics = {metric for event in METRICS.values() for metric, _, _ in event.values()}
    ours = {row[1] for widget in body["widgets"] for row in widget["properties"]["metrics"] if row[0] == "Landfall"}
    assert ours <= metrics
    assert len(ours) > 10
    titles = {row[1]: w["properties"]["title"] for w in body["widgets"] for row in w["properties"]["metrics"]}
    assert titles["QueryRuntimeBreakdown"].endswith(", ms"), "AWS publishes it in milliseconds"


def test_the_template_fits_into_one_call() -> None:
    assert len(json.dumps(TEMPLATE, separators=(",", ":"))) < 51_200


POLLED = """
import json, app
print(json.dumps({s.handler_string: s.maximum_concurrency for s in app.app.event_sources if hasattr(s, "queue")}))
"""


def _polled(stage: str) -> dict[str, int]:
    """How many messages each function of a stage works on at once, as Chalice reads it from the app."""
    env = {**os.environ, **config()["stages"][stage]["environment_variables"]}
    said = subprocess.check_output([sys.executable, "-c", POLLED], cwd=ROOT, env=env, text=True)
    return {name.removeprefix("app."): most for name, most in json.loads(said).items()}


def test_dev_fits_an_account_that_may_run_ten_functions() -> None:
    found = _polled("dev")
    assert found == {"advance_run": 3, "stage_chunk": 4, "read_source": 2, "on_dead_run": 2, "on_dead_chunk": 2}
    assert found["advance_run"] + found["stage_chunk"] <= 7, "three are for the API, its authorizer and the sweep"


@pytest.mark.parametrize("stage", ["test", "prod"])
def test_as_many_messages_are_polled_as_are_reserved(stage: str) -> None:
    reserved = functions(stage)
    assert all(most == reserved[name]["reserved_concurrency"] for name, most in _polled(stage).items())
