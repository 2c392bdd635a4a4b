"""What pytest gives to tests of the rooms above the domain; their conftest.py imports it."""

from __future__ import annotations

import pytest

from tests.support.simulated.promises import safety
from tests.support.simulated.world import World


@pytest.fixture
def world() -> World:
    return World(check=safety)
