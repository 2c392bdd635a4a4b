"""What the API and the sweep may count on from any run store: every run is found."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryClock, MemoryRuns
from chalicelib.domain.contract_files.contract_file import Contracts, load_contracts
from chalicelib.domain.run.cursors import write_cursor
from chalicelib.domain.run.model import Correction, Run, RunState, SourceObject
from chalicelib.errors import Refused
from chalicelib.operations.limited import LimitedSearch, Sight
from landfall.contracts import SHIPPED
from tests.adapters.a_run import a_run
from tests.adapters.conftest import Stores


def many(stores: Stores, clock: MemoryClock, count: int = 7) -> list[Run]:
    """Runs newest first; every third is of another object, and every second FAILED."""
    made = []
    for number in range(count):
        clock.advance(1)
        key = f"incoming/{number}/{'odd' if number % 2 else 'even'}.csv"
        source = SourceObject(bucket="landing", key=key, etag="e", size=1)
        run = a_run(clock, f"r{number}", source=source, object="users" if number % 3 == 0 else "orders")
        stores.runs.create(run)
        made.append(stores.runs.change(run, state=RunState.FAILED) if number % 2 else run)
    return made[::-1]


def pages(stores: Stores, **asked: Any) -> list[Run]:
    found, cursor = [], ""
    while True:
        page = stores.search.page(cursor=cursor, **asked)
        assert len(page.runs) <= asked.get("limit", 50)
        found += page.runs
        if not (cursor := page.cursor):
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_a_search_gives_every_run_newest_first(stores: Stores, clock: MemoryClock, limit: int) -> None:
    made = many(stores, clock)
    assert pages(stores, limit=limit) == made
    assert pages(stores, object="users", limit=limit) == [r for r in made if r.object == "users"]
    assert pages(stores, state=RunState.FAILED, limit=limit) == [r for r in made if r.state is RunState.FAILED]
    since = made[3].arrived_at
    assert pages(stores, object="orders", since=since, limit=limit) == [r for r in made[:4] if r.object == "orders"]
    assert pages(stores, object="nothing", limit=limit) == []
    assert pages(stores, since=since, until=made[1].arrived_at, limit=limit) == made[1:4]
    assert pages(stores, since=since, until=made[4].arrived_at, limit=limit) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_a_limited_search_gives_every_run_it_may(stores: Stores, clock: MemoryClock, limit: int) -> None:
    made = many(stores, clock, 12)
    hidden = a_run(clock, "hidden", object="secret")
    stores.runs.create(hidden)
    contract = load_contracts(SHIPPED)["orders"]
    seen = Sight(contracts=Contracts({name: replace(contract, name=name) for name in ("orders", "users")}))
    limited = replace(stores, search=LimitedSearch(search=stores.search, sees=seen))
    assert pages(limited, limit=limit) == made
    assert pages(limited, state=RunState.FAILED, limit=limit) == [r for r in made if r.state is RunState.FAILED]


def test_an_unrouted_run_is_found_too(stores: Stores, clock: MemoryClock) -> None:
    run = a_run(clock, object="", state=RunState.UNROUTED)
    stores.runs.create(run)
    assert pages(stores) == [run]
    assert list(stores.search.by_name("a.csv")) == [run]
    assert pages(stores, state=RunState.UNROUTED) == [run]


def test_a_made_up_cursor_is_refused(stores: Stores) -> None:
    for cursor in ("x", "W10=", "e30=", "é"):
        with pytest.raises(Refused):
            stores.search.page(cursor=cursor)


@pytest.mark.parametrize("object", ["", "orders"])
def test_a_cursor_that_was_tampered_with_is_refused_or_a_place(stores: Stores, clock: MemoryClock, object: str) -> None:
    """Also by DynamoDB, which looks at a place more closely than at its form."""
    many(stores, clock)
    cursor = stores.search.page(object=object, limit=1).cursor
    place = json.loads(base64.urlsafe_b64decode(cursor))
    odd = (None, 1, -1, 1e308, True, "x", "", "\ud800", [], {}, {"S": ""}, {"S": "x"}, {"N": "x"}, {"N": "1e999"})
    changed = [write_cursor({**place, name: value}) for name in place for value in (*odd, {"S": "x" * 5_000})]
    for tampered in (*changed, cursor[:-5], write_cursor({}), write_cursor({**place, "more": 1})):
        assert outcome(stores, object, tampered) in ("a page", "BAD_CURSOR")
    assert outcome(stores, object, write_cursor({**place, next(iter(place)): []})) == "BAD_CURSOR"


def outcome(stores: Stores, object: str, cursor: str) -> str:
    try:
        stores.search.page(object=object, cursor=cursor, limit=1)
    except Refused as refused:
        return refused.code
    return "a page"


@pytest.mark.parametrize(("of", "to"), [("orders", ""), ("", "orders"), ("orders", "users")])
def test_a_cursor_of_another_search_is_refused(stores: Stores, clock: MemoryClock, of: str, to: str) -> None:
    if isinstance(stores.runs, MemoryRuns):
        pytest.skip("in memory, a place is one in all searches")
    many(stores, clock)
    with pytest.raises(Refused, match="of this search"):
        stores.search.page(object=to, cursor=stores.search.page(object=of, limit=1).cursor)


def test_runs_are_found_by_file_name(stores: Stores, clock: MemoryClock) -> None:
    made = many(stores, clock)
    assert list(stores.search.by_name("odd.csv")) == [r for r in made if r.source.name == "odd.csv"]
    assert list(stores.search.by_name("d.csv")) == []
    assert list(stores.search.by_name("")) == []


def test_unfinished_runs_are_found_until_they_are_finished(stores: Stores, clock: MemoryClock) -> None:
    made = many(stores, clock, 4)
    clock.advance(1)
    assert list(stores.search.unfinished(clock.now())) == made[::-1]
    assert list(stores.search.unfinished(made[2].updated_at)) == made[3:]
    failed = stores.runs.change(made[0], notified=True)
    assert failed.finished
    assert list(stores.search.unfinished(clock.now() + 1)) == made[:0:-1]
    rerun = stores.runs.change(failed, state=RunState.ARRIVED, generation=2, notified=False)
    assert list(stores.search.unfinished(clock.now() + 1)) == [*made[:0:-1], rerun]


def test_a_correction_is_unfinished_until_its_parent_is_updated(stores: Stores, clock: MemoryClock) -> None:
    parent = Correction(run_id="r0", generation=1, source_order="")
    made = a_run(clock, corrects=parent, state=RunState.LOADED)
    stores.runs.create(made)
    notified = stores.runs.change(made, notified=True)
    assert list(stores.search.unfinished(clock.now() + 1)) == [notified]
    updated = stores.runs.change(notified, parent_updated=True)
    assert (updated.finished, updated.archive_key) == (True, "")
    assert stores.runs.get(updated.run_id) == updated
    assert list(stores.search.unfinished(clock.now() + 1)) == []


def test_a_run_finished_by_two_at_once_is_not_unfinished(stores: Stores, clock: MemoryClock) -> None:
    run = a_run(clock)
    stores.runs.create(run)
    failed = stores.runs.change(run, state=RunState.FAILED)
    stores.runs.change(failed, notified=True)
    stores.runs.change(failed, archive_key="-")
    for _ in range(2):
        assert list(stores.search.unfinished(clock.now() + 1)) == []
