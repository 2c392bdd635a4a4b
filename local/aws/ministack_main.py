"""Starts ministack as this project's AWS, on loopback only. The interpreter of .venv-ministack runs this by its path.

It guarantees more than plain ministack, each point because of a fault that occurred:
- **Errors keep their names.** ministack's proxy hop turns every exception into `Runtime.HandlerError`. Ours uses the
  Lambda Invoke API, so the type that was raised is reported.
- **An absent worker costs nothing.** In AWS the Lambda service does not vanish. Here its stand-in may be killed and
  started again. A queue's message that could not be handed over is put back without counting the attempt, and an event
  waits for the worker. A message that was handed over when the worker died counts, as in AWS.
- **Standard queues are fair** to the message groups of their messages (ministack_fair.py).
- **Alarms on metric math** are made if CloudWatch would take them (ministack_gaps.py).
- **Events of S3 at EventBridge** name the version of the object (ministack_gaps.py).
- **Events from EventBridge are tried again** like other asynchronous invocations: twice more.
- **Ranged reads of a version** work. ministack answers with the whole version.
- **Schedules in seconds** work, such as `rate(10 seconds)`. AWS does not have them; they let you watch a sweep.
- **Only callers with this start's credentials** are answered, and no web page of another origin: see ministack_guard.
- **Functions run in the stack's worker and nowhere else.** Without a worker (`make deployed`), only uploaded code runs.
- **Calls of Redshift's Data API** at this gateway are forwarded to its stand-in, and the bus accepts the stand-in's
  events. EventBridge accepts `aws.*` sources from AWS only, and here the stand-in is AWS.
- **Uploaded code** (`make deployed`) starts under a bare Python, not under ministack's with all its packages.
- **A REST API has the routes of its definition**, and can be overwritten, as by a second `chalice deploy`.

It does not end a handler that exceeds its function's timeout: the caller gets the timeout, and the handler runs on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import resource
import shlex
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SERVICES = (
    "s3,sqs,sns,dynamodb,events,scheduler,lambda,secretsmanager,logs,monitoring,iam,sts,"
    "cloudformation,states,apigateway"
)
WAREHOUSE = "aws.redshift-data"
OTHERS = {"RedshiftData": "redshift-data", "RedshiftServerless": "redshift-serverless"}
"""Our own services, by the first word of a request's target."""
PUT_BACK_PAUSE = 0.25  # seconds before a queue is polled again while its worker is absent
THREAD_STACK = 2 << 20  # one thread per invocation: the default 8 MiB each would eat the memory cap

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # last, so that no module of ours replaces one of ministack's
from local.access.signatures import Credentials  # noqa: E402
from local.aws.ministack_fair import make_queues_fair  # noqa: E402
from local.aws.ministack_gaps import fill_gaps  # noqa: E402
from local.aws.ministack_guard import guarded  # noqa: E402
from local.aws.ministack_worker import failure, handed_over, invoker  # noqa: E402

Answer = tuple[int, dict[str, str], bytes]


def patch_queues(lambda_svc: Any, sqs: Any) -> None:
    """Put messages back for which there is no worker, and pause a mapping after a failure for less than a second."""
    run = lambda_svc._run_sqs_batch
    lambda_svc._ESM_BACKOFF_SECONDS = 0.1  # one failing message must not slow down the others of its queue

    def run_or_put_back(esm: dict[str, Any], func: Any, event: Any, batch: list[Any], *where: str) -> None:
        handed_over.yes = True
        run(esm, func, event, batch, *where)
        if handed_over.yes:
            return
        lambda_svc._esm_backoff_until[esm["UUID"]] = time.time() + PUT_BACK_PAUSE
        with sqs._queues_lock:
            for message in batch:
                message["receive_count"] -= 1
                message["visible_at"] = 0.0

    lambda_svc._run_sqs_batch = run_or_put_back


def patch_events(eventbridge: Any, lambda_svc: Any) -> None:
    """Repeat EventBridge's failed invocations, and allow schedules in seconds and the warehouse's events."""
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


def forward_to(url: str, credentials: Credentials) -> Callable[..., Awaitable[Answer]]:
    """Return a ministack service that forwards JSON requests to another process of the stack.

    The caller's signature is not forwarded: it is valid for this server only.
    """

    def call(headers: dict[str, str], body: bytes) -> Answer:
        kept = {k: v for k, v in headers.items() if k.lower() in ("x-amz-target", "content-type")}
        kept |= credentials.token_header
        request = urllib.request.Request(url, data=body, headers=kept, method="POST")
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through the user's proxy
        try:
            with opener.open(request, timeout=60) as response:
                return response.status, kind, response.read()
        except urllib.error.HTTPError as error:
            return error.code, kind, error.read()

    async def handler(_method: str, _path: str, headers: dict[str, str], body: bytes, _query: Any) -> Answer:
        return await asyncio.to_thread(call, headers, body)

    return handler


def patch_versions(s3: Any) -> None:
    """Answer a request for a range of a version with that range."""
    get = s3._get_object

    def get_object(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Any:
        wanted = headers.get("range", "")
        if not (wanted and (query or {}).get("versionId")):
            return get(bucket, key, headers, query)
        # The SDK would compare the part with the checksum of the whole; without the mode no checksum comes.
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


def patch_runtime(lambda_runtime: Any, credentials: Credentials) -> None:
    """Start uploaded code with valid keys, under a Python with only the standard library on its path.

    ministack would start it under its own Python, with all packages of ministack, and with the account's number as
    access key.
    """
    given = lambda_runtime.execution_credentials

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret}
        return {**given(config), **keys}

    lambda_runtime.execution_credentials = execution_credentials
    bare = Path(tempfile.mkdtemp()) / "python"
    bare.write_text(f'#!/bin/sh\nexec {shlex.quote(str(Path(sys.executable).resolve()))} -I -S "$@"\n')
    bare.chmod(0o755)
    detect = lambda_runtime._detect_runtime_binary

    def detect_bare(runtime: str) -> tuple[str, str]:
        program, script = detect(runtime)
        return (str(bare) if runtime.startswith("python") else program), script

    lambda_runtime._detect_runtime_binary = detect_bare


def keep_to_worker(lambda_svc: Any, worker_url: str, credentials: Credentials) -> None:
    """Make and run functions of the stack's worker only, or of uploaded code only if there is no worker."""
    run, create = lambda_svc._execute_function_dispatch, lambda_svc._create_function
    refusal = "a function here runs in the stack's worker" if worker_url else "a function here has code of its own"

    def is_ours(config: dict[str, Any]) -> bool:
        return (lambda_svc._proxy_url_for(config) or "") == worker_url

    def create_function(data: dict[str, Any]) -> Any:
        if is_ours(data):
            return create(data)
        return lambda_svc.error_response_json("InvalidParameterValueException", refusal, 400)

    def dispatch(func: Any, config: dict[str, Any], *given: Any) -> Any:
        return run(func, config, *given) if is_ours(config) else failure("Runtime.NotOurs", refusal)

    lambda_svc._create_function = create_function
    lambda_svc._execute_function_dispatch = dispatch
    lambda_svc._execute_function_proxy = invoker(credentials)


def patch_rest_apis(v1: Any) -> None:
    """Read a REST API's routes from the imported definition. An overwritten API keeps its id and stages."""
    handle = v1.handle_request

    async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Answer:
        over = re.fullmatch(r"/restapis/([^/]+)", path) if method == "PUT" else None
        if not over and (method != "POST" or path != "/restapis" or "mode" not in query):
            untouched: Answer = await handle(method, path, headers, body, query)
            return untouched
        fresh = v1._import_rest_api(json.loads(body))
        if not over:
            created: Answer = v1._v1_response(v1._rest_apis[fresh], 201)
            return created
        if over[1] in v1._rest_apis:
            for parts in (v1._resources, v1._authorizers_v1):
                parts[over[1]] = parts.pop(fresh)
        v1._delete_rest_api(fresh)
        replaced: Answer = v1._get_rest_api(over[1])
        return replaced

    v1.handle_request = handle_request


def patch_gateway(app: Any, redshift_data_url: str, credentials: Credentials) -> None:
    """Answer also for the Redshift Data API and for Redshift Serverless."""
    detect = app.detect_service

    def detect_service(method: str, path: str, headers: dict[str, str], query: Any) -> str:
        if (called := headers.get("x-amz-target", "").partition(".")[0]) in OTHERS:
            return OTHERS[called]
        return str(detect(method, path, headers, query))

    app.detect_service = detect_service
    for service in OTHERS.values():
        app.SERVICE_HANDLERS[service] = forward_to(redshift_data_url, credentials)


def settle_in(port: int, memory_mb: int) -> None:
    """Set the environment that ministack reads when it is imported, and its memory limit."""
    os.environ.update(
        BIND_HOST="127.0.0.1",  # its default is every interface
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="127.0.0.1",
        SFN_WAIT_SCALE="0.1",  # a state is tried again after seconds, as a message is (LANDFALL_BACKOFF_SECONDS)
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
    parser = argparse.ArgumentParser(description="ministack, corrected, on loopback")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--redshift-data-url", default="")
    parser.add_argument("--worker-url", default="", help="where functions run; without it uploaded code runs")
    parser.add_argument("--memory-mb", type=int, default=0)
    args = parser.parse_args()
    credentials = Credentials.from_env(os.environ)
    settle_in(args.port, args.memory_mb)

    from ministack import app
    from ministack.core import lambda_runtime
    from ministack.services import apigateway_v1, eventbridge, lambda_svc, s3, sqs, stepfunctions
    from ministack.services.cloudformation import provisioners

    keep_to_worker(lambda_svc, args.worker_url, credentials)
    patch_runtime(lambda_runtime, credentials)
    lambda_svc.execution_credentials = lambda_runtime.execution_credentials
    patch_rest_apis(apigateway_v1)
    patch_queues(lambda_svc, sqs)
    make_queues_fair(sqs)
    patch_versions(s3)
    patch_events(eventbridge, lambda_svc)
    fill_gaps(app, provisioners, stepfunctions, s3, eventbridge)
    if args.redshift_data_url:
        patch_gateway(app, args.redshift_data_url, credentials)
    app.app = guarded(app.app, args.port, credentials, deployed=not args.worker_url)
    sys.argv[1:] = []  # ministack reads them too
    app.main()


if __name__ == "__main__":
    main()
