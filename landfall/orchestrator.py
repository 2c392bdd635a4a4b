"""The choice of what moves runs on, by one variable: of a stage in .chalice/config.json, or of the shell for `up`."""

from __future__ import annotations

from collections.abc import Mapping

ORCHESTRATOR = "LANDFALL_ORCHESTRATOR"
SQS, STEP_FUNCTIONS = "sqs", "step_functions"


def chooses_machine(variables: Mapping[str, str]) -> bool:
    """Return whether executions of a state machine move runs on. Raises ValueError if the variable names neither."""
    chosen = variables.get(ORCHESTRATOR, SQS)
    if chosen not in (SQS, STEP_FUNCTIONS):
        raise ValueError(f"{ORCHESTRATOR} is {chosen}: it is {SQS} or {STEP_FUNCTIONS}")
    return chosen == STEP_FUNCTIONS
