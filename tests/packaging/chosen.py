"""A stage that chooses a state machine in .chalice/config.json, for one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy import stage
from landfall.orchestrator import ORCHESTRATOR, STEP_FUNCTIONS

WITH_MACHINE = {"environment_variables": {ORCHESTRATOR: STEP_FUNCTIONS}}
"""The part of a stage's configuration that chooses."""


@contextmanager
def chosen(orchestrator: str = STEP_FUNCTIONS, **settings: object) -> Iterator[None]:
    """Every stage has this orchestrator, and these settings besides."""
    found = stage.config()
    for name, one in found["stages"].items():
        if name != stage.LOCAL:
            one["environment_variables"][ORCHESTRATOR] = orchestrator
            one.update(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "config", lambda: found)
        yield
