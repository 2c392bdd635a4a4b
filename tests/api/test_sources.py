"""GET /sources and POST /sources/<object>."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.memory.queue import SOURCES
from chalicelib.domain.source.progress import Progress, bookmark_of
from chalicelib.domain.source.schedule import Schedule
from chalicelib.domain.source.settings import SourceSettings
from tests.support.api import CONTRACTS, Api
from tests.support.wired import Wired

EVERY_DAY = SourceSettings(kind="custom", schedule=Schedule(every=86_400.0))


@pytest.fixture
def fetched(api: Api) -> Api:
    with_source = {name: replace(contract, source=EVERY_DAY) for name, contract in CONTRACTS.items()}
    api.deployment.reconfigure(contracts={**CONTRACTS, "thing": with_source["thing"]})
    now = bootstrap.wired()
    bootstrap.use(Wired(pipeline=api.deployment.pipeline, queue=now.queue, tokens=now.tokens))  # type: ignore[arg-type]
    return api


def test_the_sources_are_listed(fetched: Api) -> None:
    (found,) = fetched.get("/sources").body["sources"]
    assert (found["object"], found["state"], found["read_up_to"], found["error"]) == ("thing", "WAITING", None, None)


def test_a_source_is_requested(fetched: Api) -> None:
    assert fetched.post("/sources/thing", token="read-me").status == 403
    answer = fetched.post("/sources/thing")
    assert (answer.status, answer.body["object"]) == (202, "thing")
    assert [message.body for message in fetched.deployment.queue.visible(SOURCES)] == ['{"source": "thing"}']


def test_a_window_is_requested(fetched: Api) -> None:
    wanted = {"from": "2026-01-01", "to": "2026-01-02T00:00:00+01:00"}
    assert fetched.post("/sources/thing", wanted).code == "BAD_REQUEST"
    fetched.deployment.bookmarks.set(bookmark_of("thing"), Progress(done="2026-02").text)
    assert fetched.post("/sources/thing", wanted).body["requested"] == {
        "from": "2026-01-01T00:00:00.000000Z",
        "to": "2026-01-01T23:00:00.000000Z",
    }


def test_a_source_that_is_being_read_is_busy(fetched: Api) -> None:
    now = fetched.deployment.clock.now()
    fetched.deployment.bookmarks.set(bookmark_of("thing"), Progress().claimed(now, "d1").text)
    answer = fetched.post("/sources/thing")
    assert (answer.status, answer.code) == (409, "SOURCE_BUSY")


def test_an_object_without_a_source_is_not_found(fetched: Api) -> None:
    assert fetched.post("/sources/nobody").status == 404
