"""Lambda's Invoke API over a Chalice app's handlers, in one process: `python -m local.aws.invoke --port N --app DIR`.

Guarantees that a handler gets the event as from Lambda, with a context that has its deadline, and that an error that it
raises is answered with the error's own name. It keeps no state: `kill -9` and a new start on the same port lose only
the running invocations, which their queues bring back. It does not isolate invocations from each other, which are
threads of one process, and does not stop one that passes its deadline.

It answers only to processes of the stack and to callers that sign with its credentials. No other caller
gets a stack trace.

Besides the Invoke API: GET /functions (those that the app declares), GET /in-flight (running now, most at once, calls
and errors of each function), DELETE /in-flight (reset the counts).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import re
import resource
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from local.access.handlers import Guard, GuardedHandler
from local.access.signatures import Credentials
from local.aws.functions import Function, as_json, discover, load_app
from local.options import ACCOUNT, REGION
from local.safety import check_loopback

AT_ONCE = 64  # most handlers at work in all; the others wait, so that a burst of events is no burst of work
THREAD_STACK = 4 << 20
INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
log = logging.getLogger("landfall.local.invoke")


@dataclass(kw_only=True)
class Count:
    """The invocations of a function: now, and since the last reset."""

    running: int = 0
    most: int = 0
    calls: int = 0
    errors: int = 0


class Meter:
    """Counts invocations by function, so that 'ten at once and never more' can be observed."""

    def __init__(self, names: list[str]) -> None:
        self._lock = threading.Lock()
        self._counts = {name: Count() for name in names}

    def begin(self, name: str) -> None:
        """Count the start of an invocation."""
        with self._lock:
            count = self._counts[name]
            count.calls += 1
            count.running += 1
            count.most = max(count.most, count.running)

    def end(self, name: str, *, failed: bool) -> None:
        """Count the end of an invocation."""
        with self._lock:
            self._counts[name].running -= 1
            self._counts[name].errors += failed

    def reset(self) -> None:
        """Reset the counts to the running invocations."""
        with self._lock:
            self._counts = {name: Count(running=c.running, most=c.running) for name, c in self._counts.items()}

    def report(self) -> dict[str, Any]:
        """Return all counts."""
        with self._lock:
            return {name: asdict(count) for name, count in self._counts.items()}


@dataclass(frozen=True, kw_only=True)
class Context:
    """Lambda's context of an invocation for its handler."""

    function_name: str
    aws_request_id: str
    deadline_ms: int
    invoked_function_arn: str
    log_group_name: str
    log_stream_name: str = "local"
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "2048"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until the function's timeout."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of an invocation: a JSON text, and whether it is an error."""

    body: bytes
    failed: bool


@dataclass(frozen=True, kw_only=True)
class Worker:
    """The app's functions, ready to be invoked from any thread."""

    functions: list[Function]
    handlers: dict[str, Any]
    meter: Meter
    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    @classmethod
    def of(cls, app: Any, directory: Path, stage: str) -> Worker:
        """Make a worker of an app. It calls the handlers directly, because chalice.test.Client swaps os.environ."""
        functions = discover(app, directory, stage)
        return cls(
            functions=functions,
            handlers={function.name: app.handler_map[function.name] for function in functions},
            meter=Meter([function.name for function in functions]),
        )

    def named(self, reference: str) -> Function | None:
        """Return the function by its own name, its full name or its ARN."""
        name = reference.rpartition(":function:")[2].partition(":")[0]
        return next((f for f in self.functions if name in (f.name, f.full_name)), None)

    def invoke(self, function: Function, body: bytes, request_id: str, deadline_ms: int) -> Outcome:
        """Call the handler. An exception becomes an error in Lambda's form."""
        context = Context(
            function_name=function.full_name,
            aws_request_id=request_id,
            deadline_ms=deadline_ms,
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function.full_name}",
            log_group_name=f"/aws/lambda/{function.full_name}",
        )
        with self.slots:
            self.meter.begin(function.name)
            outcome = self._call(function.name, body, context)
            self.meter.end(function.name, failed=outcome.failed)
        return outcome

    def _call(self, name: str, body: bytes, context: Context) -> Outcome:
        started = time.monotonic()
        try:
            result = json.dumps(self.handlers[name](json.loads(body or b"{}"), context)).encode()
        except (Exception, SystemExit) as error:  # Lambda answers every error of a handler
            log.exception("%s %s %.0f ms", name, context.aws_request_id, _ms(started))
            return Outcome(body=json.dumps(error_answer(error)).encode(), failed=True)
        log.info("%s %s %.0f ms", name, context.aws_request_id, _ms(started))
        return Outcome(body=result, failed=False)


def error_answer(error: BaseException) -> dict[str, Any]:
    """Return an exception as Lambda's Python runtime reports it."""
    return {
        "errorType": "Runtime.ExitError" if isinstance(error, SystemExit) else type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def _ms(started: float) -> float:
    return (time.monotonic() - started) * 1000


class Endpoint(GuardedHandler, BaseHTTPRequestHandler):
    """The worker's HTTP interface."""

    protocol_version = "HTTP/1.1"
    worker: Worker

    def do_POST(self) -> None:
        """Answer the Invoke API, synchronously."""
        match = INVOKE.fullmatch(self.path.split("?")[0])
        function = self.worker.named(unquote(match[1])) if match else None
        if function is None:
            return self._answer(404, {"Type": "User", "Message": f"no function at {self.path}"})
        fallback = (time.time() + function.timeout) * 1000
        deadline = int(self.headers.get("X-Amzn-Deadline-Ms") or fallback)
        outcome = self.worker.invoke(function, self.body, self.headers.get("X-Amzn-RequestId") or "local", deadline)
        return self._answer(200, outcome.body, {"X-Amz-Function-Error": "Unhandled"} if outcome.failed else {})

    def do_GET(self) -> None:
        """Answer with the app's functions, or with their counts."""
        match self.path:
            case "/functions":
                self._answer(200, as_json(self.worker.functions))
            case "/in-flight":
                self._answer(200, {"pid": os.getpid(), "functions": self.worker.meter.report()})
            case _:
                self._answer(404, {"Message": "GET /functions or /in-flight"})

    def do_DELETE(self) -> None:
        """Reset the counts."""
        self.worker.meter.reset()
        self._answer(200, {})

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with contextlib.suppress(ConnectionError):  # the caller had its timeout and left
            self.send_response(status)
            for name, value in {**(headers or {}), "X-Amz-Executed-Version": "$LATEST"}.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Log nothing here: invocations are logged where they run."""


class Server(ThreadingHTTPServer):
    """One thread per invocation."""

    daemon_threads = True
    request_queue_size = 1024


def log_to(stream: Any) -> None:
    """Log one line per invocation, independently of the app's root logger."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="Lambda's Invoke API over a Chalice app")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--app", type=Path, required=True)
    parser.add_argument("--stage", default="local")
    parser.add_argument("--memory-mb", type=int, default=0)
    args = parser.parse_args()
    check_loopback(os.environ)
    threading.stack_size(THREAD_STACK)
    if args.memory_mb:
        with contextlib.suppress(ValueError, OSError):  # macOS does not allow this limit
            resource.setrlimit(resource.RLIMIT_AS, (args.memory_mb << 20, args.memory_mb << 20))
    log_to(sys.stdout)
    directory = args.app.resolve()
    Endpoint.guard = Guard(port=args.port, credentials=Credentials.from_env(os.environ))
    Endpoint.worker = Worker.of(load_app(directory), directory, args.stage)
    with Server(("127.0.0.1", args.port), Endpoint) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
