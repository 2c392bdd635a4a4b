"""A deployment in memory, and all that it reports."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from chalicelib import bootstrap, observe
from chalicelib.adapters.secrets import Tokens
from tests.security.canaries import CONTRACT, Output, Secrets
from tests.support.simulated.deployment import SETTINGS, SimulatedDeployment
from tests.support.wired import Wired


@pytest.fixture
def output() -> Iterator[Output]:
    log = io.StringIO()
    handler = observe._logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before, handler.stream = handler.stream, log  # setStream would flush what pytest may have closed
    deployment = SimulatedDeployment()
    deployment.reconfigure(contracts={"person": CONTRACT}, note=observe.note)
    tokens = Tokens(Secrets(), SETTINGS, deployment.clock)
    bootstrap.use(Wired(pipeline=deployment.pipeline, queue=deployment.queue, tokens=tokens))  # type: ignore[arg-type]
    yield Output(deployment=deployment, log=log)
    bootstrap.use(None)
    handler.stream = before
