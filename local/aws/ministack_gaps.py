"""What Landfall needs of AWS and ministack lacks: alarms on metric math, the switch of the recursion guard, and more.

Run by the interpreter of .venv-ministack. It guarantees that what deploy/metrics refuses fails the stack, as in AWS.
It does not evaluate an expression: such an alarm stays in INSUFFICIENT_DATA. It has no recursion guard: the simulation
plays that (tests/support/simulated/guard.py).

A state that waits with a token fails if its function fails, as in AWS. ministack waits on.
"""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from deploy.metrics.check import of_alarm

NOTHING = {"MetricName": "(metric math)", "Namespace": "(metric math)"}
"""A metric that does not exist: ministack needs one."""
RECURSION = re.compile(r"/2024-08-31/functions/([^/]+)/recursion-config")


def fill_gaps(app: Any, provisioners: Any, stepfunctions: Any, s3: Any, eventbridge: Any) -> None:
    """Let ministack answer these, too."""
    _name_versions(s3, eventbridge)
    _fail_waiting_states(stepfunctions)
    _take_metric_math(provisioners)
    _keep_recursion(app)


def _take_metric_math(provisioners: Any) -> None:
    plain = provisioners._cw_metric_alarm_record

    def record(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        if not (metrics := properties.get("Metrics")):
            return dict(plain(name, properties))
        if faults := of_alarm(properties):
            raise ValueError(f"{name}: {'; '.join(faults)}")
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        return {**plain(name, {**rest, **NOTHING}), "Metrics": metrics}

    provisioners._cw_metric_alarm_record = record


def _keep_recursion(app: Any) -> None:
    """PutFunctionRecursionConfig and GetFunctionRecursionConfig, by function name; Terminate is Lambda's default."""
    others, kept = app.SERVICE_HANDLERS["lambda"], dict[str, str]()

    async def handler(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Any:
        if not (asked := RECURSION.fullmatch(path)):
            return await others(method, path, headers, body, query)
        if method == "PUT":
            kept[asked[1]] = json.loads(body)["RecursiveLoop"]
        said = {"RecursiveLoop": kept.get(asked[1], "Terminate")}
        return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()

    app.SERVICE_HANDLERS["lambda"] = handler


def _fail_waiting_states(stepfunctions: Any) -> None:
    """Let a failed function end the wait of the state that called it. A state waits in a thread of its own."""
    wait, call, waiting = stepfunctions._invoke_with_callback, stepfunctions._call_lambda, threading.local()

    def waits(resource: str, data: Any, token: str, state: Any) -> Any:
        waiting.token = token
        try:
            return wait(resource, data, token, state)
        finally:
            waiting.token = ""

    def calls(function: str, event: Any) -> Any:
        try:
            return call(function, event)
        except stepfunctions._ExecutionError as error:
            if found := stepfunctions._task_tokens.get(getattr(waiting, "token", "")):
                found["error"] = {"Error": error.error, "Cause": error.cause}
                found["event"].set()
            raise

    stepfunctions._invoke_with_callback, stepfunctions._call_lambda = waits, calls


def _name_versions(s3: Any, eventbridge: Any) -> None:
    """Let events of objects that land name their version. S3 sends each event from a thread of its own."""
    fire, dispatch, fired = s3._fire_s3_event, eventbridge._dispatch_event, threading.local()

    def fires(*what: Any, version_id: str | None = None, **more: Any) -> None:
        fired.version = version_id
        try:
            fire(*what, version_id=version_id, **more)
        finally:
            fired.version = None

    def dispatches(event: dict[str, Any], *view: Any) -> None:
        if version := getattr(fired, "version", None):
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
        dispatch(event, *view)

    s3._fire_s3_event, eventbridge._dispatch_event = fires, dispatches
