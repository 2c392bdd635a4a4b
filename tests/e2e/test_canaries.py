"""I13 on the real local stack: planted values are looked for in its logs, its table, its messages and its answers."""

from __future__ import annotations

import json
from pathlib import Path

import boto3

from tests.e2e.conftest import Deployment

ROW = "canaryrow"
PII = "canarypii"
HEADER = "agent_id,user_id,display_name,status,skill_level,updated_at\n"
GOOD = "".join(f"{n},{ROW},{PII} {n},active,3,2026-01-01 00:00:00\n" for n in range(1, 60))
BAD = (
    f"60,{ROW},{PII},{ROW},3,2026-01-01 00:00:00\n"
    f"61,{ROW},{PII},active,{ROW},2026-01-01 00:00:00\n"
    f"62,{ROW},{PII},active,3,{ROW}\n"
)


def said(deployment: Deployment, runs: list[str]) -> dict[str, str]:
    """All that the deployment says of itself, by where."""
    record, env = deployment.record, deployment.record.env
    aws = {
        "endpoint_url": record.ports.url("aws"),
        "region_name": env["AWS_REGION"],
        "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"],
    }
    sqs = boto3.client("sqs", **aws)
    reported = {log.name: log.read_text(errors="replace") for log in Path(record.files["logs"]).glob("*.log")}
    reported["table"] = json.dumps(boto3.client("dynamodb", **aws).scan(TableName=record.names.table)["Items"])
    for name in (record.names.success_inbox, record.names.failure_inbox):
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=0)
        reported[name] = json.dumps(found.get("Messages", []))
    for run in runs:
        reported[f"status {run}"] = deployment.call("GET", f"/status/{run}").text
    reported["runs"] = deployment.call("GET", "/runs").text
    return reported


def test_values_are_where_the_rows_are_and_nowhere_else(deployment: Deployment) -> None:
    deployment.put("incoming/agent/canary.csv", HEADER + GOOD + BAD)
    deployment.put("incoming/agent/bare.csv", GOOD)
    loaded, bare = deployment.wait("incoming/agent/canary.csv"), deployment.wait("incoming/agent/bare.csv")
    assert (loaded["state"], bare["state"]) == ("LOADED", "REJECTED")
    assert bare["first_error"]["code"] == "HEADER_MISMATCH"
    reported = said(deployment, [loaded["run_id"], bare["run_id"]])
    assert loaded["run_id"] in reported["table"]
    assert any(loaded["run_id"] in text for name, text in reported.items() if name.endswith(".log"))
    token = json.loads(Path(deployment.record.files["tokens"]).read_text())["operator"]
    for canary in (ROW, PII, token):
        assert {place for place, text in reported.items() if canary in text} == set(), canary
    rejects = deployment.call("GET", f"/rejects/{loaded['run_id']}").text
    assert ROW in rejects
    assert PII not in rejects
