"""Sources as operators see them: listed, read now, and read again."""

from __future__ import annotations

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.api.source_views import source
from chalicelib.errors import Retryable
from chalicelib.operations.commands import BadRequest, NotFound
from chalicelib.operations.sources import Reading, WindowRequest, list_sources, start_source
from chalicelib.orchestration.extraction import extract
from tests.sources.site import FaultyWorld, KilledError, MemoryWorld, Site

BEGIN = 1_800_000_000.0
"""2027-01-15T08:00:00Z"""


@pytest.fixture
def site() -> Site:
    world = FaultyWorld(MemoryClock(BEGIN))
    world.add(BEGIN - 7_200, "old")
    world.add(BEGIN - 100, "new")
    return Site(world)


def seen(site: Site) -> dict[str, object]:
    (found,) = list_sources(site.ctx)
    return source(found)


def test_the_states_of_a_source(site: Site) -> None:
    assert (seen(site)["state"], seen(site)["read_up_to"]) == ("WAITING", None)
    site.tick()
    assert (seen(site)["state"], seen(site)["read_up_to"]) == ("WAITING", "2027-01-15T07:58:20.000000Z")
    assert seen(site)["next_at"] == "2027-01-15T08:05:00.000Z"
    site.world.fault = lambda: Retryable("silent")  # type: ignore[attr-defined]
    site.ticks(5)
    assert (seen(site)["state"], seen(site)["error"]) == ("FAILING", {"code": "RETRY", "message": "silent"})
    site.world.fault = KilledError  # type: ignore[attr-defined]
    start_source(site.ctx, "thing", WindowRequest())
    with pytest.raises(KilledError):
        site.work()
    assert seen(site)["state"] == "READING"


def test_a_source_is_read_at_once(site: Site) -> None:
    """It need not be due, and a pause after a failure ends."""
    site.ticks(2)
    site.world.add(site.clock.now() - 70, "urgent")
    start_source(site.ctx, "thing", WindowRequest())
    site.work()
    assert "urgent" in site.landed()


def test_a_window_is_read_again_without_moving_the_position(site: Site) -> None:
    """A row that was changed in the source without a new moment lands with the second reading."""
    site.tick()
    done, files = site.progress.done, len(site.files())
    site.world.add(BEGIN - 7_200, "changed")
    start_source(site.ctx, "thing", WindowRequest(start="2027-01-15T05:00:00Z", until="2027-01-15T07:00:00Z"))
    site.work()
    assert site.progress.done == done
    assert site.done == sorted(site.done)
    assert site.progress.wanted is None
    assert len(site.files()) > files
    assert sorted(set(site.landed())) == ["changed", "new", "old"]
    site.world.add(site.clock.now() - 70, "next")
    site.ticks(5)
    assert "next" in site.landed()


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (WindowRequest(start="2027-01-15"), '"from" and "to" belong together'),
        (WindowRequest(start="x", until="2027-01-15"), "is not a time"),
        (WindowRequest(start="2027-01-15", until="2027-01-14"), '"from" must not be after "to"'),
        (WindowRequest(start="2027-01-15", until="2028-01-15"), "nor .* after what was read; the source has been read"),
    ],
)
def test_a_window_that_cannot_be_read_again(site: Site, wanted: WindowRequest, fault: str) -> None:
    site.tick()
    with pytest.raises(BadRequest, match=fault):
        start_source(site.ctx, "thing", wanted)


def test_a_source_that_is_being_read_is_not_disturbed(site: Site) -> None:
    site.world.fault = KilledError  # type: ignore[attr-defined]
    site.queue.send_source("thing")
    with pytest.raises(KilledError):
        site.work()
    with pytest.raises(Reading):
        start_source(site.ctx, "thing", WindowRequest())


def test_an_object_without_a_source_is_not_there(site: Site) -> None:
    with pytest.raises(NotFound):
        start_source(site.ctx, "nobody", WindowRequest())


def test_a_second_message_reads_nothing(site: Site) -> None:
    site.tick()
    before = site.progress
    extract(site.ctx, MemoryWorld(site.clock).connect, "thing", "d9")
    assert site.progress == before
