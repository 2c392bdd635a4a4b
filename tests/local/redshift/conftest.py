"""One local Redshift for all tests of a worker; each test makes tables under names of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from local.redshift import LocalRedshift
from tests.support.redshift.desk import Desk, data_client
from tests.support.redshift.outside import Outside, OutsideServer

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def reachable() -> Iterator[Path]:
    """A folder that PostgreSQL's user reaches; pytest's own are closed to all but their owner."""
    folder = Path(tempfile.mkdtemp(prefix="landfall-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def outside() -> Iterator[Outside]:
    made = Outside()
    server = OutsideServer(made)
    yield made
    server.stop()


@pytest.fixture(scope="session")
def desk(reachable: Path, outside: Outside) -> Iterator[Desk]:
    with LocalRedshift(reachable / "shared", s3_endpoint=outside.url, events_endpoint=outside.url) as redshift:
        api = data_client(redshift.api_url, redshift.credentials)
        yield Desk(redshift=redshift, outside=outside, api=api)
        api.close()


@pytest.fixture
def table(desk: Desk) -> str:
    return f"table_{next(_NUMBERS)}"
