"""The clock and the failures of sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import cast

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.adapters.memory.queue import SOURCES
from chalicelib.domain.run.notices import mail
from chalicelib.domain.source.settings import SourceSettings
from chalicelib.errors import Broken, Refused, Retryable
from chalicelib.orchestration.extraction import start_due
from chalicelib.sources.registry import connect
from chalicelib.sources.source import Page, Paused, Source, Surroundings, TokenExpired, Window
from tests.sources.site import FaultyWorld, KilledError, MemoryWorld, Site

BEGIN = 1_800_000_000.0


@pytest.fixture
def site() -> Site:
    world = FaultyWorld(MemoryClock(BEGIN))
    world.add(BEGIN - 100, "a")
    return Site(world)


def fails(site: Site, error: BaseException | None) -> None:
    site.world.fault = lambda: error  # type: ignore[attr-defined]


def test_the_clock_starts_a_source_once_for_each_moment(site: Site) -> None:
    site.ticks(12)
    read = [fields for name, fields in site.notes if name == "source_read"]
    assert len(read) in (3, 4), "every five minutes, and at first at once"
    assert site.notes.count(("clock", {"started": 0, "behind": 0})) == 12 - len(read)


def test_a_message_that_waits_is_not_sent_again(site: Site) -> None:
    for _ in range(4):
        site.clock.advance(60)
        start_due(site.ctx)
    assert len(site.queue.visible(SOURCES)) == 1
    site.clock.advance(300)
    start_due(site.ctx)
    assert len(site.queue.visible(SOURCES)) == 2, "the first one may be lost"
    site.work()
    assert site.landed() == ["a"]


def test_support_is_notified_once_until_it_succeeds(site: Site) -> None:
    fails(site, Refused("the source refuses", code="SOURCE_REFUSED"))
    site.ticks(300)
    (notice,) = site.notifier.failures
    assert (notice["state"], notice["object"], notice["problem"]["code"]) == (
        "SOURCE_FAILED",
        "thing",
        "SOURCE_REFUSED",
    )
    assert mail(notice).startswith("The source of thing cannot be read. Landfall tries again until it can.\nProblem: ")
    assert (site.progress.code, site.progress.notified) == ("SOURCE_REFUSED", True)
    fails(site, None)
    site.ticks(90)
    assert (site.landed(), site.progress.code, site.progress.notified) == (["a"], "", False)
    fails(site, Refused("again"))
    site.ticks(90)
    assert len(site.notifier.failures) == 2


def test_what_may_pass_is_tried_four_times_before_a_notice(site: Site) -> None:
    fails(site, Retryable("it did not answer"))
    while len([1 for name, _ in site.notes if name == "source_failed"]) < 4:
        assert not site.notifier.failures
        site.tick()
    assert len(site.notifier.failures) == 1


def test_the_pause_between_tries_grows_to_an_hour(site: Site) -> None:
    fails(site, Retryable("it did not answer"))
    failed: list[float] = []
    for _ in range(1_200):
        before = len(site.notes)
        site.tick()
        failed += [site.clock.now() for name, _ in site.notes[before:] if name == "source_failed"]
    pauses = [later - earlier for earlier, later in pairwise(failed)]
    assert pauses[0] < 400
    assert 3_000 < max(pauses) <= 3_660
    assert len(failed) < 40


def test_an_unexpected_error_is_named_without_its_text(site: Site) -> None:
    fails(site, ValueError("a row's value"))
    site.tick()
    (notice,) = site.notifier.failures
    assert notice["problem"] == {"code": "INTERNAL", "message": "unexpected ValueError"}
    (failed,) = [fields for name, fields in site.notes if name == "source_failed"]
    assert failed["trace"].rpartition(" > ")[2].startswith("site.py:")
    assert "row's value" not in str(site.notes) + site.progress.text


def test_a_worker_that_is_always_killed_is_notified(site: Site) -> None:
    fails(site, KilledError())
    for _ in range(200):
        try:
            site.tick()
        except KilledError:
            continue
    (notice,) = site.notifier.failures
    assert notice["problem"]["code"] == "DEAD_LETTER"


def test_a_source_that_stands_still_is_behind(site: Site) -> None:
    fails(site, Retryable("it did not answer"))
    site.ticks(30)
    assert site.notes[-1] == ("clock", {"started": 0, "behind": 1}) or site.notes[-2][1]["behind"] == 1
    fails(site, None)
    site.ticks(70)
    assert [fields["behind"] for name, fields in site.notes if name == "clock"][-1] == 0


def test_one_sick_record_hides_no_other_source(site: Site) -> None:
    site.bookmarks.set("source/thing", "no json")
    healthy = replace(site.ctx.contracts["thing"], name="other")
    ctx = replace(
        site.ctx, bookmarks=site.bookmarks, queue=site.queue, contracts={**site.ctx.contracts, "other": healthy}
    )
    assert start_due(ctx) == 1
    assert ("source_not_started", {"object": "thing", "error": "JSONDecodeError"}) in site.notes


def test_a_record_of_another_release_is_changed(site: Site) -> None:
    """A release that adds a field reads records without it."""
    site.bookmarks.set("source/thing", '{"done": "", "tries": 0}')
    site.tick()
    assert (site.landed(), site.progress.done) == (["a"], "2027-01-15T07:58:20.000000Z")


def test_a_contract_that_is_gone_is_not_read(site: Site) -> None:
    site.queue.send_source("nobody")
    site.ticks(1)
    assert site.landed() == ["a"]


def test_windows_are_no_longer_than_the_contract_says() -> None:
    class Hours(FaultyWorld):
        source_toml = MemoryWorld.source_toml + 'from = 2027-01-14\nmax_window = "1h"\n'

    windows: list[Window] = []

    class Watched:
        def __init__(self, source: Source) -> None:
            self.position, self.close, self._source = source.position, source.close, source

        def pages(self, window: Window, token: str) -> Iterator[Page]:
            windows.append(window)
            return self._source.pages(window, token)

    world = Hours(MemoryClock(BEGIN))
    for hours in range(20):
        world.add(BEGIN - hours * 3_600 - 100, f"r{hours}")
    site = Site(world)
    world.source = Watched(world.source)  # type: ignore[assignment]
    site.tick()
    assert len(set(site.landed())) == 20
    assert len(windows) > 20
    assert all(one.stop == other.start for one, other in pairwise(windows))


class Limited(MemoryWorld):
    """A table that a worker reads two pages of before it fails, and tokens that are known for a while."""

    source_toml = MemoryWorld.source_toml.replace("5m", "1h")

    def __init__(self, clock: MemoryClock, fault: Exception) -> None:
        super().__init__(clock)
        for number in range(20):
            self.add(BEGIN - 900 + number, f"r{number:02}")
        self.fault, self.tokens, self.begun = fault, set[str](), 0

    def connect(self, object: str, settings: SourceSettings) -> Source:
        return cast("Source", self)

    def position(self) -> str:
        return self.source.position()

    def pages(self, window: Window, token: str) -> Iterator[Page]:
        if token and token not in self.tokens:
            raise TokenExpired("the token is not known")
        self.begun += not token
        for page, number in zip(self.source.pages(window, token), (1, 2, 3), strict=False):
            if number == 3:
                raise self.fault
            self.tokens.add(page.token)
            yield page

    def close(self) -> None:
        """Release nothing."""


@pytest.mark.parametrize("fault", [Paused("it limits requests", 60), Retryable("it did not answer")], ids=str)
def test_what_was_read_before_a_pause_stays(fault: Exception) -> None:
    """Each worker gets two pages, and then a limit: files are larger than that."""
    world = Limited(MemoryClock(BEGIN), fault)
    site = Site(world)
    site.ticks(50)
    assert sorted(site.landed()) == [f"r{number:02}" for number in range(20)]
    assert (world.begun, site.progress.code) == (1, "")


def test_a_window_whose_token_expires_begins_again() -> None:
    """The same content lands in the same files."""
    world = Limited(MemoryClock(BEGIN), Paused("it limits requests", 60))
    site = Site(world)
    site.ticks(3)
    before = site.files()
    assert len(before) > 1
    world.tokens.clear()
    site.ticks(40)
    assert sorted(site.landed()) == [f"r{number:02}" for number in range(20)]
    assert set(site.files()) > set(before)
    assert world.begun == 2
    assert "SOURCE_TOKEN_EXPIRED" in [fields["code"] for name, fields in site.notes if name == "source_failed"]


def test_a_source_that_cannot_be_imported_is_named(site: Site) -> None:
    settings = site.ctx.contracts["thing"].source
    assert settings
    for factory in ("chalicelib.no_such_module:X", "chalicelib.sources.source:NoSuchName"):
        around = Surroundings(object="thing", settings=replace(settings, factory=factory), secret=dict, now=lambda: 0.0)
        with pytest.raises(Broken, match="the source of thing cannot be imported"):
            connect(around)
