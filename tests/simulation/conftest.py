"""Schedules by the hundred, played as `make sim` plays them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.engine import REMEMBERING


@pytest.fixture(scope="module")
def remembering() -> Iterator[None]:
    """The engine remembers what it answered. test_engine.py shows that this changes nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for whom, answers in REMEMBERING.items():
            for name, answer in answers.items():
                patch.setattr(whom, name, answer)
        yield
