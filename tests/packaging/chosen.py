"""A stage that chooses a state machine, or a rule for files that land, in .chalice/config.json, for one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy import stage
from landfall.choices import NOTIFICATION, ORCHESTRATOR, S3_WIRING, STEP_FUNCTIONS

WITH_MACHINE = {"environment_variables": {ORCHESTRATOR: STEP_FUNCTIONS}}
"""The part of a stage's configuration that chooses."""


@contextmanager
def chosen(orchestrator: str = STEP_FUNCTIONS, *, wiring: str = NOTIFICATION, **settings: object) -> Iterator[None]:
    """Every stage has this orchestrator and this wiring of S3, and these settings besides."""
    found = stage.config()
    for name, one in found["stages"].items():
        if name != stage.LOCAL:
            one["environment_variables"] |= {ORCHESTRATOR: orchestrator, S3_WIRING: wiring}
            one.update(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "config", lambda: found)
        yield
