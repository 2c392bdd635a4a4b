"""The app on a deployment in memory: real routes, guards, pipeline and tokens, behind Chalice's own local gateway."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.secrets import Tokens
from tests.api.corrections import FILE, KEY, rows_of, with_contracts
from tests.support.api import CONTRACTS, Api, Secrets
from tests.support.simulated.deployment import SETTINGS, SimulatedDeployment
from tests.support.wired import Wired


@pytest.fixture
def api() -> Iterator[Api]:
    deployment = SimulatedDeployment()
    deployment.reconfigure(contracts=CONTRACTS)
    tokens = Tokens(Secrets(), SETTINGS, deployment.clock)
    bootstrap.use(Wired(pipeline=deployment.pipeline, queue=deployment.queue, tokens=tokens))
    yield Api(deployment)
    bootstrap.use(None)


@pytest.fixture
def file(api: Api) -> Api:
    with_contracts(api).land(KEY, FILE)
    assert rows_of(api) == {"read": 8, "good": 4, "rejected": 4, "inserted": 4}
    return api
