from __future__ import annotations

import pytest

from tests.simulation.promises import safety
from tests.simulation.world import World


@pytest.fixture
def world() -> World:
    return World(check=safety)
