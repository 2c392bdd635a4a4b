"""Starts ministack as this project's AWS, on loopback only. Run by the interpreter of .venv-ministack, by path.

What it guarantees over plain ministack, each for a fault that was met:
- **Errors keep their names.** ministack's proxy hop turns every exception into `Runtime.HandlerError`; ours speaks the
  Lambda Invoke API, so that the type that was raised is the type that is reported.
- **A worker that is not there costs nothing.** In AWS the Lambda service does not vanish. Here its stand-in may be
  killed and started again, so a queue's message that could not be handed over is put back without counting the
  attempt, and an event waits for the worker. One that was handed over when the worker died counts, as in AWS.
- **Events from EventBridge are tried again** like other asynchronous invocations: twice more.
- **Ranged reads of a version**: ministack answers with the whole version.
- **Schedules in seconds**, `rate(10 seconds)`, which AWS does not have, so that a sweep can be watched.
- **Redshift's Data API** asked for at this gateway is passed on to its stand-in, and the stand-in's events are let on
  the bus: EventBridge refuses `aws.*` sources from anyone but AWS, and here the stand-in is AWS.

It does not end a handler that outlives its function's timeout: the caller gets the timeout, the handler runs on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import re
import resource
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

SERVICES = (
    "s3,sqs,sns,dynamodb,events,scheduler,lambda,secretsmanager,logs,monitoring,iam,sts,"
    "cloudformation,states,apigateway"
)
WAREHOUSE = "aws.redshift-data"
EVENT_PATIENCE = 600.0  # seconds an event waits for a worker that is being started again
PUT_BACK_PAUSE = 0.25  # seconds before a queue is looked at again while its worker is away
THREAD_STACK = 2 << 20  # one thread per invocation: the default 8 MiB each would eat the memory cap

Answer = tuple[int, dict[str, str], bytes]
_handed_over = threading.local()


class WorkerAwayError(OSError):
    """The worker refused the connection: the event was not handed over."""


def reach(url: str, timeout: float, patience: float) -> http.client.HTTPConnection:
    """A connection to the worker, waiting up to `patience` seconds for it to appear. Raises WorkerAwayError."""
    at, give_up = urlsplit(url), time.monotonic() + patience
    while True:
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=timeout)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            if time.monotonic() >= give_up:
                raise WorkerAwayError(str(error)) from error
            time.sleep(0.2)
        else:
            return connection


def from_queue(event: Any) -> bool:
    """Whether SQS sent it: then the queue is the place to wait in, and this is not."""
    records = event.get("Records") if isinstance(event, dict) else None
    return bool(records) and records[0].get("eventSource") == "aws:sqs"


def invoke_worker(func: dict[str, Any], event: Any, url: str, request_id: str) -> dict[str, Any]:
    """One invocation by the Lambda Invoke API; what ministack calls instead of its own proxy hop."""
    config = func.get("config") or func
    timeout = float(config.get("Timeout") or 3)
    _handed_over.yes = True
    try:
        connection = reach(url, timeout, 0.0 if from_queue(event) else EVENT_PATIENCE)
    except WorkerAwayError as away:
        _handed_over.yes = False
        return failure("Worker.Away", f"no worker at {url}: {away}")
    try:
        return exchange(connection, config["FunctionName"], event, request_id, timeout)
    except TimeoutError:
        return failure("Sandbox.Timedout", f"{request_id} Task timed out after {timeout:.2f} seconds")
    except (OSError, http.client.HTTPException) as error:
        return failure("Runtime.ExitError", f"the worker died: {type(error).__name__}: {error}")
    finally:
        connection.close()


def exchange(
    connection: http.client.HTTPConnection, name: str, event: Any, request_id: str, timeout: float
) -> dict[str, Any]:
    """Send the event and read the outcome."""
    deadline = int((time.time() + timeout) * 1000)
    headers = {
        "Content-Type": "application/json",
        "X-Amzn-RequestId": request_id,
        "X-Amzn-Deadline-Ms": str(deadline),
    }
    connection.request("POST", f"/2015-03-31/functions/{name}/invocations", json.dumps(event).encode(), headers)
    response = connection.getresponse()
    body = response.read()
    failed = response.getheader("X-Amz-Function-Error")
    if response.status >= 300 and not failed:
        return failure("Runtime.ExitError", f"the worker answered HTTP {response.status}")
    payload = json.loads(body) if body else None
    return {"body": payload, "error": True} if failed else {"body": payload}


def failure(kind: str, message: str) -> dict[str, Any]:
    """An outcome in Lambda's error shape."""
    return {"body": {"errorType": kind, "errorMessage": message}, "error": True}


def mend_queues(lambda_svc: Any, sqs: Any) -> None:
    """Put messages back that found no worker; and pause a mapping after a failure for less than a second."""
    run = lambda_svc._run_sqs_batch
    lambda_svc._ESM_BACKOFF_SECONDS = 0.1  # one sick message must not slow down the others of its queue

    def run_or_put_back(esm: dict[str, Any], func: Any, event: Any, batch: list[Any], *where: str) -> None:
        _handed_over.yes = True
        run(esm, func, event, batch, *where)
        if _handed_over.yes:
            return
        lambda_svc._esm_backoff_until[esm["UUID"]] = time.time() + PUT_BACK_PAUSE
        with sqs._queues_lock:
            for message in batch:
                message["receive_count"] -= 1
                message["visible_at"] = 0.0

    lambda_svc._run_sqs_batch = run_or_put_back


def mend_events(eventbridge: Any, lambda_svc: Any) -> None:
    """Let EventBridge's invocations be tried again, schedules tick in seconds, and the warehouse speak."""
    in_minutes, put = eventbridge._parse_rate_seconds, eventbridge._put_events
    in_seconds = re.compile(r"^rate\((\d+) seconds?\)$")

    def to_lambda(arn: str, payload: str) -> None:
        func, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if func and config:
            record = lambda_svc._execution_record_for_config(func, config)
            lambda_svc.invoke_async_with_retry(record, json.loads(payload))

    def rate_seconds(text: str) -> int | None:
        seconds = in_seconds.match(text)
        return int(seconds[1]) if seconds else in_minutes(text)

    def put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Any:
        sources = {entry.get("Source") for entry in data.get("Entries", [])}
        return put(data, allow_aws_source or sources == {WAREHOUSE})

    eventbridge._put_events = put_events  # ministack looks it up by name for each request
    eventbridge._dispatch_to_lambda = to_lambda
    eventbridge._RATE_RE = re.compile(r"^rate\(\d+\s+(second|minute|hour|day)s?\)$")
    eventbridge._parse_rate_seconds = rate_seconds
    eventbridge._SCHEDULER_TICK_INTERVAL = 0.5


def forward_to(url: str) -> Callable[..., Awaitable[Answer]]:
    """A ministack service that passes JSON requests on to another process."""

    def call(headers: dict[str, str], body: bytes) -> Answer:
        kept = {k: v for k, v in headers.items() if k.lower() in ("x-amz-target", "content-type", "authorization")}
        request = urllib.request.Request(url, data=body, headers=kept, method="POST")
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by way of the user's proxy
        try:
            with opener.open(request, timeout=60) as response:
                return response.status, kind, response.read()
        except urllib.error.HTTPError as error:
            return error.code, kind, error.read()

    async def handler(_method: str, _path: str, headers: dict[str, str], body: bytes, _query: Any) -> Answer:
        return await asyncio.to_thread(call, headers, body)

    return handler


def mend_versions(s3: Any) -> None:
    """Give a range of a version where a range is asked for."""
    get = s3._get_object

    def get_object(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Any:
        wanted = headers.get("range", "")
        if not (wanted and (query or {}).get("versionId")):
            return get(bucket, key, headers, query)
        # Without the mode no checksum of the whole comes with the part: the SDK would compare them.
        plain = {name: value for name, value in headers.items() if name != "x-amz-checksum-mode"}
        status, answered, body = get(bucket, key, plain, query)
        if status != 200:
            return status, answered, body
        if (span := s3._parse_range(wanted, len(body))) is None:
            return 416, {"Content-Type": "application/xml"}, s3._xml_body(s3._range_error_xml(bucket, key))
        part = body[span[0] : span[1] + 1]
        answered |= {"Content-Length": str(len(part)), "Content-Range": f"bytes {span[0]}-{span[1]}/{len(body)}"}
        return 206, answered, part

    s3._get_object = get_object


def mend_gateway(app: Any, redshift_data_url: str) -> None:
    """Answer for the Redshift Data API too."""
    detect = app.detect_service

    def detect_service(method: str, path: str, headers: dict[str, str], query: Any) -> str:
        if headers.get("x-amz-target", "").startswith("RedshiftData."):
            return "redshift-data"
        return str(detect(method, path, headers, query))

    app.detect_service = detect_service
    app.SERVICE_HANDLERS["redshift-data"] = forward_to(redshift_data_url)


def settle_in(port: int, memory_mb: int) -> None:
    """The environment ministack reads when it is imported, and the memory it may take."""
    os.environ.update(
        BIND_HOST="127.0.0.1",  # its default is every interface
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="127.0.0.1",
        MINISTACK_REGION=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        IOT_MTLS_ENABLED="0",  # it would open 0.0.0.0:8883
        SFTP_ENABLED="0",
        SERVICES=SERVICES,
        S3_PERSIST="0",  # with it on, each ranged read reads the whole object
        PERSIST_STATE="0",
        LAMBDA_ACCOUNT_CONCURRENCY="1000",  # AWS's; a lower cap drops events that arrive in a burst
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    threading.stack_size(THREAD_STACK)
    if memory_mb:
        with contextlib.suppress(ValueError, OSError):  # macOS does not let it be set
            resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))


def main() -> None:
    """Start, and serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="ministack, mended, on loopback")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--redshift-data-url", default="")
    parser.add_argument("--memory-mb", type=int, default=0)
    args = parser.parse_args()
    settle_in(args.port, args.memory_mb)

    from ministack import app
    from ministack.services import eventbridge, lambda_svc, s3, sqs

    lambda_svc._execute_function_proxy = invoke_worker
    mend_queues(lambda_svc, sqs)
    mend_versions(s3)
    mend_events(eventbridge, lambda_svc)
    if args.redshift_data_url:
        mend_gateway(app, args.redshift_data_url)
    sys.argv[1:] = []  # ministack reads them too
    app.main()


if __name__ == "__main__":
    main()
