"""What pytest gives to tests of the rooms above the domain; their conftest.py imports it."""

from __future__ import annotations

import pytest

from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.promises import safety


@pytest.fixture
def deployment() -> SimulatedDeployment:
    return SimulatedDeployment(check=safety)
