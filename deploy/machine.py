"""What moves the runs of a stage on: messages of the queues, or executions of a state machine.

A stage chooses by LANDFALL_ORCHESTRATOR under its environment_variables in .chalice/config.json. A state machine waits
until it is woken, so each function that has news of a run may start an execution and answer one that waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from landfall.choices import chooses_machine

STATES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:"
MACHINE_ARN = STATES + "stateMachine:landfall-${Stage}"
TABLE = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/landfall-${Stage}"
BUCKET = "arn:${AWS::Partition}:s3:::landfall-${Stage}-${AWS::AccountId}-${AWS::Region}"
WAKING: Mapping[str, tuple[str, ...]] = {
    "advance_run": (),
    "api_handler": (),
    "on_dead_chunk": ("dynamodb:PutItem",),
    "on_dead_run": ("dynamodb:PutItem",),
    "on_incoming": (),
    "on_schedule": (),
    "on_statement": ("dynamodb:GetItem", "dynamodb:PutItem"),
    "stage_chunk": (),
}
"""Functions that wake executions, each with the rights to the run's record that it does not have otherwise."""


READING: Mapping[str, tuple[str, ...]] = {
    "api_handler": (),
    "read_source": ("dynamodb:BatchGetItem",),
    "start_sources": (),
}
"""Functions that start executions which read sources. One of them takes their steps, and looks at files and runs."""


def has_machine(stage: Mapping[str, Any]) -> bool:
    """Whether a stage of this configuration has a state machine. Raises ValueError if its orchestrator is unknown."""
    return chooses_machine(stage.get("environment_variables", {}))


def rights_of_executions(name: str) -> list[dict[str, Any]]:
    """Return the statements that a function needs to wake the executions of runs, and to start those of sources.

    IAM compares an answer with the machine whose task waits, though AWS's reference of actions lists no resource for
    it: so do CDK's grantTaskResponse and the errors of refused answers.
    """
    return [*_rights_to_wake(name), *_rights_to_read(name)]


def _rights_to_wake(name: str) -> list[dict[str, Any]]:
    if name not in WAKING:
        return []
    statements = [
        _allow("StartExecutions", ["states:StartExecution"], MACHINE_ARN),
        _allow("SeeWhetherAnExecutionRuns", ["states:DescribeExecution"], STATES + "execution:landfall-${Stage}:*"),
        _allow("AnswerExecutions", ["states:SendTaskSuccess"], MACHINE_ARN),
    ]
    more = WAKING[name]
    return [*statements, *([_allow("FindExecutions", list(more), TABLE)] if more else [])]


def _rights_to_read(name: str) -> list[dict[str, Any]]:
    if name not in READING:
        return []
    statements = [
        _allow("ReadSources", ["states:StartExecution"], f"{MACHINE_ARN}-read_source"),
        _allow("SeeWhetherItReads", ["states:DescribeExecution"], STATES + "execution:landfall-${Stage}-read_source:*"),
    ]
    if more := READING[name]:
        statements += [_allow("LookAtRuns", list(more), TABLE), _allow("LookAtFiles", ["s3:ListBucket"], BUCKET)]
    return statements


def _allow(sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": [resource]}
