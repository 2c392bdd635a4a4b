"""A deployment in memory, and all that it reports."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from chalicelib import bootstrap, observe
from chalicelib.adapters.secrets import Tokens
from tests.security.canaries import CONTRACT, Ears, Secrets
from tests.support.simulated.world import SETTINGS, World


@pytest.fixture
def ears() -> Iterator[Ears]:
    log = io.StringIO()
    handler = observe._logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before, handler.stream = handler.stream, log  # setStream would flush what pytest may have closed
    world = World()
    world.reconfigure(contracts={"person": CONTRACT}, note=observe.note)
    tokens = Tokens(Secrets(), SETTINGS, world.clock)
    bootstrap.use(bootstrap.Wired(pipeline=world.pipeline, queue=world.queue, tokens=tokens))  # type: ignore[arg-type]
    yield Ears(world=world, log=log)
    bootstrap.use(None)
    handler.stream = before
