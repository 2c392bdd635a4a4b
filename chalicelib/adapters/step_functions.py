"""Step Functions: executions of a state machine of the stage (infra/statemachine.asl.json, infra/source.asl.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.aws_errors import code_of, translate_errors

NOT_WAITING = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})


class StepFunctions:
    """Executions of one state machine."""

    def __init__(self, client: Any, state_machine: str) -> None:
        self._sfn = client
        self._arn = state_machine

    def start(self, name: str, given: Mapping[str, str]) -> bool:
        """Start an execution. Step Functions itself takes a name again only while that execution runs."""
        with translate_errors(f"start the execution {name}"):
            try:
                self._sfn.start_execution(stateMachineArn=self._arn, name=name, input=json.dumps(dict(given)))
            except ClientError as error:
                if code_of(error) != "ExecutionAlreadyExists":
                    raise
                return self._runs(name)
        return True

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        with translate_errors("answer an execution"):
            try:
                self._sfn.send_task_success(taskToken=token, output=json.dumps(output))
            except ClientError as error:
                if code_of(error) not in NOT_WAITING:
                    raise
                return False
        return True

    def _runs(self, name: str) -> bool:
        arn = f"{self._arn.replace(':stateMachine:', ':execution:', 1)}:{name}"
        return bool(self._sfn.describe_execution(executionArn=arn)["status"] == "RUNNING")
