"""Sends one event of each kind to the zip's handlers, each in a bare Python of its own, as Lambda would call them.

They act on an emulated AWS on this machine (ministack), which has only the bucket, table, queues and secret of infra/.
Each result is read there, or from the handler's answer. It has no warehouse: a run is followed up to its staged parts.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, quote_plus

from deploy.bundle.started import ENVIRONMENT, bare
from deploy.bundle.vendor import PackageError
from deploy.stage import API, ROOT
from landfall.contracts import FOLDER_VARIABLE, SHIPPED
from local.aws.clients import client
from local.options import REGION, Options
from local.record import Record
from local.stack import Stack

HANDLE = """
import json, sys, time
from types import SimpleNamespace
sys.path.insert(0, sys.argv[1])
event = json.load(sys.stdin)
module, function = sys.argv[2].split(".")
handler = getattr(__import__(module), function)
loaded, begun = set(sys.modules), time.process_time()
context = SimpleNamespace(function_name=function, memory_limit_in_mb=256, aws_request_id="trial",
                          invoked_function_arn="", get_remaining_time_in_millis=lambda: 60_000)
answer = handler(event, context)
cpu = time.process_time() - begun
print(json.dumps({"answer": answer, "cpu": cpu, "later": sorted(set(sys.modules) - loaded)}))
"""
TRANSACTIONS = """transaction_id,account_id,transaction_date,amount,currency,merchant,category
T1,42,2025-01-05,12.34,EUR,Corner shop,food
T2,42,2025-01-06,-7.50,EUR,Corner shop,refund
"""
MONTHLY = "monthly_data/walmart_customer_jan-2025.csv"
PURCHASES = (
    "Customer ID,Age,Gender,City,Category,Product,Date,Purchase Amount (USD),Payment Method,Discount Applied,"
    "Review Rating,Repeat Customer\n1,42,Female,Oslo,Home,Lamp,2025-01-05,12.34,Cash,No,4,Yes\n"
)
FETCHED = """
name = "fetched"
format = "json"
target = "landing.fetched"
key = ["id"]
columns = {{ id = {{ type = "bigint", required = true }} }}

[source]
kind = "http"
every = "1m"

[source.http]
url = "http://127.0.0.1:{port}/rows"
"""
ROWS = b'[{"id": 1}]'


@dataclass(frozen=True, kw_only=True)
class Called:
    """A freshly started function after its first event."""

    cpu: float
    """Seconds that the event took, without the import of the handler's module."""
    later: tuple[str, ...]
    """Modules that were imported only then."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The unpacked zip, and the AWS that it acts on."""

    where: Path
    entries: Mapping[str, str]
    """Each function's entry point in the template, such as `app.stage_chunk`."""
    record: Record
    tokens: Mapping[str, str]
    called: dict[str, Called] = field(default_factory=dict)
    """Each function's last call."""

    def call(self, function: str, event: Mapping[str, Any], **settings: str) -> Any:
        """Start a function, call it, and return its answer. Raises PackageError if it fails."""
        shipped = {FOLDER_VARIABLE: str(SHIPPED)}  # whose files these are
        around = {**ENVIRONMENT, **self.record.env, **shipped, **settings}
        try:
            around |= {"_HANDLER": self.entries[function]}  # as Lambda sets it
            result = json.loads(
                bare(HANDLE, str(self.where), self.entries[function], around=around, given=json.dumps(event))
            )
        except PackageError as error:
            raise PackageError(f"{function}: {error}") from error
        self.called[function] = Called(cpu=result["cpu"], later=tuple(result["later"]))
        return result["answer"]

    def land(self, function: str, key: str, text: str) -> dict[str, Any]:
        """Put a file into the bucket, and call the function that the bucket would. Return the message of its run."""
        put = self.aws("s3").put_object(Bucket=self.record.names.bucket, Key=key, Body=text.encode())
        thing = {
            "key": quote_plus(key),
            "size": len(text),
            "eTag": put["ETag"].strip('"'),
            "sequencer": "01",
        }
        thing["versionId"] = put["VersionId"]
        s3 = {"bucket": {"name": self.record.names.bucket}, "object": thing}
        self.call(function, {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]})
        return self.message(self.record.names.run_queue)

    def message(self, queue: str) -> dict[str, Any]:
        """Take the next message out of a queue, as an event of SQS. Raises PackageError if there is none."""
        sqs = self.aws("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2).get("Messages")
        if not found:
            raise PackageError(f"nothing came into the queue {queue}")
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
        message = {
            "body": found[0]["Body"],
            "receiptHandle": found[0]["ReceiptHandle"],
            "messageId": found[0]["MessageId"],
        }
        return {"Records": [{**message, "eventSource": "aws:sqs", "attributes": {"ApproximateReceiveCount": "1"}}]}

    def status(self, key: str) -> dict[str, Any]:
        """Call GET /status/<file> with an event of API Gateway."""
        event = {
            "requestContext": {"httpMethod": "GET", "resourcePath": "/status/{file}"},
            "headers": {"authorization": f"Bearer {self.tokens['reader']}"},
            "pathParameters": {"file": quote(key, safe="")},
            "multiValueQueryStringParameters": None,
            "stageVariables": None,
            "body": None,
            "isBase64Encoded": False,
        }
        answer = self.call(API, event)
        if answer["statusCode"] != 200:
            raise PackageError(f"GET /status/{key}: {answer}")
        return dict(json.loads(answer["body"]))

    def aws(self, service: str) -> Any:
        """Return a client of the AWS that the zip acts on."""
        return client(service, self.record.ports.url("aws"), self.record.credentials)


def trial(where: Path, entries: Mapping[str, str]) -> dict[str, Called]:
    """Start the AWS, and call all functions. Raises PackageError if one fails, or has no event."""
    with tempfile.TemporaryDirectory() as state:
        stack = Stack(ROOT, state, options=Options(functions=False, api=False, warehouse=False))
        try:
            record = stack.up()
            tokens = json.loads(Path(record.files["tokens"]).read_text())
            tried = Trial(where=where, entries=entries, record=record, tokens=tokens)
            for step in STEPS:
                step(tried)
        finally:
            stack.down()
    if left := set(entries) - set(tried.called):
        raise PackageError(f"there is no event for {', '.join(sorted(left))}")
    return tried.called


def staged(tried: Trial) -> None:
    """Try S3, SQS (run), SQS (chunk), EventBridge, API Gateway: a file is cut, checked and written as a part."""
    names, key = tried.record.names, "incoming/transactions/a.csv"
    run = tried.land("on_incoming", key, TRANSACTIONS)
    tried.call("advance_run", run)
    tried.call("stage_chunk", tried.message(names.chunk_queue))
    tried.message(names.run_queue)  # the last chunk requests the load
    parts = tried.aws("s3").list_objects_v2(Bucket=names.bucket, Prefix="processed/")["KeyCount"]
    status = tried.status(key)
    _expect(parts > 0 and status["rows"]["read"] == 2, f"two rows in a part below processed/, not {parts} and {status}")
    run_id = json.loads(run["Records"][0]["body"])["run_id"]
    tried.call("on_statement", _event("aws.redshift-data", {"statementName": run_id, "state": "FINISHED"}))
    again = tried.message(names.run_queue)
    _expect(again["Records"][0]["body"] == run["Records"][0]["body"], "a statement that ended moves its own run on")


def dead_lettered(tried: Trial) -> None:
    """Try S3 with another folder, and dead letters of both queues: their runs are FAILED."""
    names, key = tried.record.names, "incoming/transactions/b.csv"
    no_try_left = {"LANDFALL_MAX_ATTEMPTS": "0"}
    tried.call("on_dead_run", tried.land("on_incoming", key, TRANSACTIONS), **no_try_left)
    _expect(tried.status(key)["state"] == "FAILED", "a dead letter of the run queue fails its run")
    tried.message(names.run_queue)  # the request to notify support
    tried.call("advance_run", tried.land("on_incoming", MONTHLY, PURCHASES))
    tried.call("on_dead_chunk", tried.message(names.chunk_queue), **no_try_left)
    _expect(tried.status(MONTHLY)["state"] == "FAILED", "a dead letter of the chunk queue fails its run")


def looked_after(tried: Trial) -> None:
    """Try the schedule and the authorizer."""
    swept = tried.call("on_schedule", _event("aws.events", {}))
    _expect(set(swept) == {"requeued", "exports", "late", "found"}, f"counts of a sweep, not {swept}")
    arn = f"arn:aws:execute-api:{REGION}:000000000000:api/api/GET/runs"
    request = {"type": "TOKEN", "authorizationToken": f"Bearer {tried.tokens['reader']}", "methodArn": arn}
    allowed = tried.call("authorize", request)
    _expect(allowed["principalId"] == "local-reader", f"a policy for the reader's token, not {allowed}")


def fetched(tried: Trial) -> None:
    """Try the clock of sources, and SQS (source): the rows of an API are landed as a file."""
    with tempfile.TemporaryDirectory() as folder, _rows_served() as port:
        (Path(folder) / "fetched.toml").write_text(FETCHED.format(port=port))
        own = {FOLDER_VARIABLE: folder}
        tried.call("start_sources", _event("aws.events", {}), **own)
        tried.call("read_source", tried.message(tried.record.names.source_queue), **own)
    found = tried.aws("s3").list_objects_v2(Bucket=tried.record.names.bucket, Prefix="incoming/fetched/")["KeyCount"]
    _expect(found == 1, f"one file of fetched rows below incoming/fetched/, not {found}")


STEPS: tuple[Callable[[Trial], None], ...] = (staged, dead_lettered, looked_after, fetched)


class _Rows(BaseHTTPRequestHandler):
    """Answers each request with the same rows."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ROWS)))
        self.end_headers()
        self.wfile.write(ROWS)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def _rows_served() -> Iterator[int]:
    """Serve ROWS on this machine, and yield the port."""
    with HTTPServer(("127.0.0.1", 0), _Rows) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def _event(source: str, detail: dict[str, Any]) -> dict[str, Any]:
    """Return an event as EventBridge sends it."""
    around = {"version": "0", "id": "trial", "account": "000000000000", "region": REGION, "resources": []}
    return {**around, "source": source, "detail-type": "any", "time": "2025-01-05T00:00:00Z", "detail": detail}


def _expect(held: bool, wanted: str) -> None:
    if not held:
        raise PackageError(f"the package did not do what it should: {wanted}")
