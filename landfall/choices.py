"""What a stage chooses by variables: of its own in .chalice/config.json, or of the shell for `landfall up`."""

from __future__ import annotations

from collections.abc import Mapping

ORCHESTRATOR = "LANDFALL_ORCHESTRATOR"
SQS, STEP_FUNCTIONS = "sqs", "step_functions"
S3_WIRING = "LANDFALL_S3_WIRING"
NOTIFICATION, EVENTBRIDGE = "notification", "eventbridge"


def chooses_machine(variables: Mapping[str, str]) -> bool:
    """Return whether executions of a state machine move runs on. Raises ValueError if the variable names neither."""
    return _chooses(variables, ORCHESTRATOR, SQS, STEP_FUNCTIONS)


def chooses_rule(variables: Mapping[str, str]) -> bool:
    """Return whether files are announced by a rule of EventBridge. Raises ValueError if the variable names neither.

    The bucket's own notification announces them otherwise.
    """
    return _chooses(variables, S3_WIRING, NOTIFICATION, EVENTBRIDGE)


def _chooses(variables: Mapping[str, str], name: str, usual: str, other: str) -> bool:
    chosen = variables.get(name, usual)
    if chosen not in (usual, other):
        raise ValueError(f"{name} is {chosen}: it is {usual} or {other}")
    return chosen == other
