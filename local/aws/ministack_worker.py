"""Calls the worker by Lambda's Invoke API, in place of ministack's own proxy hop.

The interpreter of .venv-ministack runs this. It has no package of this project's environment.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from local.access.signatures import Credentials

EVENT_PATIENCE = 600.0  # seconds that an event waits for a worker that is being started again
LONGEST_PAUSE = 5.0  # seconds between two tries: hundreds of events may wait, each in its own thread

handed_over = threading.local()
"""Whether the last invocation of this thread reached a worker."""


class WorkerAwayError(OSError):
    """The worker refused the connection: the event was not handed over."""


def reach(url: str, timeout: float, patience: float) -> http.client.HTTPConnection:
    """Connect to the worker, and wait up to `patience` seconds for it. Raises WorkerAwayError."""
    at, give_up, pause = urlsplit(url), time.monotonic() + patience, 0.1
    while True:
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=timeout)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            if time.monotonic() >= give_up:
                raise WorkerAwayError(str(error)) from error
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            return connection


def from_queue(event: Any) -> bool:
    """Return whether SQS sent the event. Such an event waits in its queue, not here."""
    records: Any = event.get("Records") if isinstance(event, dict) else None
    return bool(records) and records[0].get("eventSource") == "aws:sqs"


def invoker(credentials: Credentials) -> Callable[..., dict[str, Any]]:
    """Return the replacement of ministack's proxy hop. The worker accepts the token of these credentials only."""

    def invoke(func: dict[str, Any], event: Any, url: str, request_id: str) -> dict[str, Any]:
        return invoke_worker(func, event, url, request_id, credentials.token_header)

    return invoke


def invoke_worker(func: dict[str, Any], event: Any, url: str, request_id: str, token: dict[str, str]) -> dict[str, Any]:
    """Invoke a function by the Lambda Invoke API."""
    config = func.get("config") or func
    timeout = float(config.get("Timeout") or 3)
    handed_over.yes = True
    try:
        connection = reach(url, timeout, 0.0 if from_queue(event) else EVENT_PATIENCE)
    except WorkerAwayError as away:
        handed_over.yes = False
        return failure("Worker.Away", f"no worker at {url}: {away}")
    try:
        return exchange(connection, config["FunctionName"], event, {"X-Amzn-RequestId": request_id, **token}, timeout)
    except TimeoutError:
        return failure("Sandbox.Timedout", f"{request_id} Task timed out after {timeout:.2f} seconds")
    except (OSError, http.client.HTTPException) as error:
        return failure("Runtime.ExitError", f"the worker died: {type(error).__name__}: {error}")
    finally:
        connection.close()


def exchange(
    connection: http.client.HTTPConnection, name: str, event: Any, given: dict[str, str], timeout: float
) -> dict[str, Any]:
    """Send the event and read the outcome."""
    deadline = int((time.time() + timeout) * 1000)
    headers = {
        "Content-Type": "application/json",
        "X-Amzn-Deadline-Ms": str(deadline),
        **given,
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
    """Return an outcome in the form of Lambda's errors."""
    return {"body": {"errorType": kind, "errorMessage": message}, "error": True}
