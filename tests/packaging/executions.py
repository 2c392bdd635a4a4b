"""Step Functions as the adapter calls it: each call is noted, and executions run in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import Retryable
from chalicelib.ports import Clock
from tests.packaging.calls import Calls
from tests.support.simulated.machine import Machine

FUNCTIONS = {"${AdvanceRun}": "advance_run", "${StageChunk}": "stage_chunk"}


class WatchedExecutions:
    """A client of Step Functions."""

    def __init__(self, calls: Calls, clock: Clock, s3: Any) -> None:
        self._calls = calls
        self.readings: list[dict[str, str]] = []
        """What executions that read sources were started with."""
        self.machine = Machine(clock, lambda bucket, key: json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]))

    def start_execution(self, **request: str) -> None:
        self._calls.note("stepfunctions", "StartExecution", request)
        given = json.loads(request["input"])
        if "object" in given:
            self.readings.append(given)
        elif not self.machine.start(request["name"], given):
            raise _refused("ExecutionAlreadyExists", "StartExecution")

    def describe_execution(self, **request: str) -> dict[str, str]:
        self._calls.note("stepfunctions", "DescribeExecution", request)
        return {"status": self.machine.executions[request["executionArn"].rpartition(":")[2]].status}

    def send_task_success(self, **request: str) -> None:
        self._calls.note("stepfunctions", "SendTaskSuccess", request)
        if not self.machine.answer(request["taskToken"], json.loads(request["output"])):
            raise _refused("TaskTimedOut", "SendTaskSuccess")

    def step(self, invoke: Callable[[str, dict[str, Any]], Any]) -> bool:
        """Make the call of a function that is due. False if none is."""
        for call in self.machine.due()[:1]:
            try:
                call.make(lambda function, payload: invoke(FUNCTIONS[function], payload))
            except Retryable:
                self.machine.clock.advance(call.at - self.machine.clock.now())  # type: ignore[attr-defined]
            return True
        return False


def _refused(code: str, call: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, call)
