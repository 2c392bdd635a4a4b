"""What infra makes in AWS is there, and works."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.provision import Provision
from tests.local.stack.conftest import SAMPLE, RunningStack


def drained(running: RunningStack, queue: str) -> list[str]:
    sqs = running.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    bodies = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        bodies += [m["Body"] for m in got]
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def test_what_is_published_can_be_looked_at(running: RunningStack) -> None:
    names = running.record.names
    running.client("sns").publish(TopicArn=names.success_topic, Message='{"state": "LOADED"}', Subject="ok")
    running.client("sns").publish(TopicArn=names.failure_topic, Message='{"state": "FAILED"}')
    assert drained(running, names.success_inbox) == ['{"state": "LOADED"}']
    assert drained(running, names.failure_inbox) == ['{"state": "FAILED"}']


def test_the_result_queue_drops_repeats(running: RunningStack) -> None:
    sqs = running.client("sqs")
    url = sqs.get_queue_url(QueueName=running.record.names.result_queue)["QueueUrl"]
    for _ in range(2):
        sqs.send_message(QueueUrl=url, MessageBody="done", MessageGroupId="user", MessageDeduplicationId="load-1")
    assert drained(running, running.record.names.result_queue) == ["done"]


def test_the_secret_holds_hashes_and_a_private_file_the_tokens(running: RunningStack) -> None:
    secret = running.client("secretsmanager").get_secret_value(SecretId=running.record.names.tokens_secret)
    file = running.stack.paths.tokens
    tokens = json.loads(file.read_text())
    hashes = {entry["role"]: entry["sha256"] for entry in json.loads(secret["SecretString"])["tokens"]}
    assert hashes == {role: hashlib.sha256(tokens[role].encode()).hexdigest() for role in ("reader", "operator")}
    assert file.stat().st_mode & 0o077 == 0


def test_a_shell_can_use_the_stack(running: RunningStack) -> None:
    script = '. "$0" && echo "$LANDFALL_API_URL $LANDFALL_TOKEN $AWS_ENDPOINT_URL"'
    done = subprocess.run(
        ["sh", "-c", script, running.stack.paths.env], capture_output=True, text=True, check=True, timeout=10
    )
    ports, token = running.record.ports, json.loads(running.stack.paths.tokens.read_text())["operator"]
    assert done.stdout.split() == [ports.url("api"), token, ports.url("aws")]


def test_the_table_has_its_indexes(running: RunningStack) -> None:
    table = running.client("dynamodb").describe_table(TableName=running.record.names.table)["Table"]
    assert {"by_object", "by_name", "unfinished"} <= {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}


def test_a_version_can_be_deleted_without_taking_a_newer_one(running: RunningStack) -> None:
    s3, bucket = running.client("s3"), running.record.names.bucket
    first = s3.put_object(Bucket=bucket, Key="archive/x", Body=b"1")
    s3.put_object(Bucket=bucket, Key="archive/x", Body=b"2")
    s3.delete_object(Bucket=bucket, Key="archive/x", VersionId=first["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="archive/x")["Body"].read() == b"2"


def test_a_range_of_a_version_is_read_if_it_is_still_the_one(running: RunningStack) -> None:
    s3, at = running.client("s3"), {"Bucket": running.record.names.bucket, "Key": "archive/ranges"}
    first = s3.put_object(**at, Body=b"0123456789")
    s3.put_object(**at, Body=b"newer")
    version = {**at, "VersionId": first["VersionId"]}
    part = s3.get_object(**version, IfMatch=first["ETag"], Range="bytes=3-5")
    assert (part["Body"].read(), part["ContentRange"]) == (b"345", "bytes 3-5/10")
    assert s3.get_object(**version, Range="bytes=8-99")["Body"].read() == b"89"
    assert s3.get_object(**version)["Body"].read() == b"0123456789"
    for code, wrong in (
        ("PreconditionFailed", {**version, "IfMatch": '"other"', "Range": "bytes=0-1"}),
        ("PreconditionFailed", {**at, "IfMatch": first["ETag"], "Range": "bytes=0-1"}),
        ("InvalidRange", {**version, "Range": "bytes=10-11"}),
    ):
        with pytest.raises(ClientError) as refused:
            s3.get_object(**wrong)
        assert refused.value.response["Error"]["Code"] in (code, "412")


def test_making_everything_again_changes_nothing(running: RunningStack) -> None:
    again = Provision(
        endpoint=running.record.ports.url("aws"),
        credentials=running.record.credentials,
        names=running.record.names,
        visibility_seconds=SAMPLE.visibility_seconds,
        max_attempts=3,
        api_tokens=json.loads(running.stack.paths.tokens.read_text()),
    )
    again.everything()
    mappings = running.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    limits = {m["FunctionArn"].rpartition("-")[2]: m.get("ScalingConfig") for m in mappings}
    assert limits["on_chunk"] == {"MaximumConcurrency": 10}


def test_the_data_api_is_passed_on_to_the_warehouse(running: RunningStack) -> None:
    asked: list[tuple[str, Any]] = []

    class StandIn(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.headers["X-Amz-Target"], json.loads(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"Id": "s-1"}')

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", running.record.ports.redshift_data), StandIn) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        answer = running.client("redshift-data").execute_statement(Sql="select 1", Database="dev")
        thread.join()
    assert answer["Id"] == "s-1"
    assert asked[0][0] == "RedshiftData.ExecuteStatement"
