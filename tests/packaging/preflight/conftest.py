"""An account that is ready, for each test."""

from __future__ import annotations

import pytest

from tests.packaging.preflight.aws import Aws


@pytest.fixture
def aws() -> Aws:
    return Aws()
