"""Pages of an API that lead in a circle end as an error, and not never."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import Refused
from chalicelib.sources.source import Window
from tests.sources.http_world import Answer, HttpWorld, Served, served
from tests.sources.site import Site

BEGIN = 1_800_000_000.0


def page(after: str) -> Answer:
    """A page with a row, and the token of the next page."""
    row = {"id": f"x{after}"}
    return 200, {}, json.dumps({"data": {"items": [row]}, "meta": {"more": True, "after": after}}).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    yield from served()


@pytest.fixture
def world(server: Served) -> HttpWorld:
    return HttpWorld(MemoryClock(BEGIN), server, "cursor", "bearer")


def test_tokens_that_go_round_are_an_error(world: HttpWorld) -> None:
    world.api.instead = [lambda _usual, n=n: page(f"c{n % 3}") for n in range(9)]
    with pytest.raises(Refused) as caught:
        list(Site(world).source().pages(Window(start="", stop="2030-01-01T00:00:00.000000Z"), ""))
    assert caught.value.code == "SOURCE_REPEATS"


@pytest.mark.parametrize(("before", "circle"), [(0, 1), (0, 2), (1, 3), (5, 2), (3, 7)])
def test_pages_in_a_circle_end_however_many_workers_read_them(world: HttpWorld, before: int, circle: int) -> None:
    """Each worker has time for one page, and none sees a page twice."""

    def answer(_usual: Answer) -> Answer:
        asked = parse_qs(urlsplit(world.api.requests[-1][0]).query).get("after", ["-1"])[0]
        number = int(asked) + 1
        after = str(number if number < before + circle else before)
        return page(after)

    world.api.instead = [answer] * 400
    site = Site(world, budget=0.0, mb=0.000001)
    site.ticks(30)
    assert site.progress.code == "SOURCE_REPEATS"
    assert len(site.files()) < 4 * (before + circle) + 4
