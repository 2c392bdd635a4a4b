"""What is counted on from any source: nothing is lost, whoever is killed, and the bookmark never moves back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryBookmarks, MemoryClock, MemoryObjects, MemorySource, MemoryTable
from chalicelib.sources.landing import Progress, land
from tests.support.settings import BUCKET

MEMBERS: dict[str, Callable[[], MemorySource]] = {"memory": lambda: MemorySource("thing")}
ROWS = [("1", "a"), ("1", "b"), ("2", "c"), ("3", "d"), ("3", "e"), ("4", "f"), ("5", "g")]
LATE = ("5", "h")
"""A row at the end of the window before it."""


class KilledError(BaseException):
    """The worker is gone."""


class Site:
    """A bucket and bookmarks. `before` is called with the number of each write that is about to be made."""

    def __init__(self, before: Callable[[int], None] = lambda number: None) -> None:
        clock = MemoryClock()
        self.objects, self.bookmarks = MemoryObjects(clock), MemoryBookmarks(MemoryTable(clock))
        self.done: list[str] = []
        self._numbers, self._before = count(1), before

    def get(self, name: str) -> str:
        return self.bookmarks.get(name)

    def move(self, name: str, seen: str, text: str) -> bool:
        self._before(next(self._numbers))
        moved = self.bookmarks.move(name, seen, text)
        self.done.append(Progress.read(self.bookmarks.get(name)).done)
        return moved

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self._before(next(self._numbers))
        self.objects.put(bucket, key, body)

    def land(self, source: MemorySource) -> bool:
        return land(source, self, self, BUCKET)  # type: ignore[arg-type]  # the calls that landing makes

    def landed(self) -> set[str]:
        """The rows in the bucket."""
        bodies = (self.objects.get(BUCKET, found.key) for found in self.objects.list(BUCKET, "incoming/thing/"))
        return {row for body in bodies for row in body.decode().splitlines()[1:]}

    def keys(self) -> list[str]:
        return [found.key for found in self.objects.list(BUCKET, "")]


@pytest.fixture(params=sorted(MEMBERS))
def source(request: pytest.FixtureRequest) -> MemorySource:
    return MEMBERS[request.param]()


def every(rows: list[tuple[str, str]]) -> set[str]:
    return {row for _, row in rows}


def test_a_source_without_a_row_lands_nothing(source: MemorySource) -> None:
    site = Site()
    assert not site.land(source)
    assert (site.keys(), site.done) == ([], [])


def test_window_after_window_equals_one_full_read(source: MemorySource) -> None:
    whole, site = Site(), Site()
    for row in [*ROWS, LATE]:
        source.rows.append(row)
        site.land(source)
    assert whole.land(source)
    assert whole.landed() == every([*ROWS, LATE])
    assert site.landed() >= every(ROWS)
    source.rows.append(("6", "i"))
    assert site.land(source)
    assert site.landed() == every([*ROWS, LATE, ("6", "i")])
    assert not site.land(source)


def test_a_row_late_to_a_windows_end_is_read_with_the_next(source: MemorySource) -> None:
    site = Site()
    source.rows += ROWS
    site.land(source)
    source.rows += [LATE, ("6", "i")]
    site.land(source)
    assert site.landed() == every(source.rows)


def land_and_grow(site: Site, source: MemorySource) -> None:
    while site.land(source):
        source.rows.append((f"7{len(source.rows)}", f"x{len(source.rows)}"))


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_write_loses_nothing(source: MemorySource, number: int, after: bool) -> None:
    """Rows that are added after the kill belong to the next window: the open one keeps its end, and its keys."""

    def kill(now: int) -> None:
        if now == number + after:
            raise KilledError

    site, calm = Site(kill), Site()
    source.rows += ROWS
    calm.land(source)
    with pytest.raises(KilledError):
        land_and_grow(site, source)
    source.rows.append(("9", "later"))
    while site.land(source):
        pass
    assert site.landed() == every(source.rows)
    assert site.done == sorted(site.done)
    assert set(site.keys()) >= set(calm.keys()) or number + after == 1  # killed before the window's end was fixed


def test_the_bookmark_never_moves_back_when_two_are_at_work(source: MemorySource) -> None:
    """worker 1: lands its window, then stops before the last write | worker 2: lands it, and a window more"""
    others = iter([True])

    def meanwhile(number: int) -> None:
        if number == 6 and next(others, False):
            site.land(source)
            source.rows.append(("8", "more"))
            site.land(source)

    site = Site(meanwhile)
    source.rows += ROWS
    assert site.land(source)
    assert site.done == sorted(site.done)
    assert site.done[-1] == "8"
    assert site.landed() == every(source.rows)


def test_two_that_begin_at_once_read_one_window(source: MemorySource) -> None:
    others = iter([True])

    def meanwhile(number: int) -> None:
        if number == 1 and next(others, False):
            source.rows.append(("8", "more"))
            site.land(source)

    site = Site(meanwhile)
    source.rows += ROWS
    assert site.land(source)
    assert site.done == sorted(site.done)
    assert site.landed() == every(source.rows)


def test_a_source_that_stands_further_back_is_not_read(source: MemorySource) -> None:
    site: Any = Site()
    source.rows += ROWS
    site.land(source)
    keys, source.rows = site.keys(), ROWS[:3]
    assert not site.land(source)
    assert (site.keys(), site.done[-1]) == (keys, "5")
