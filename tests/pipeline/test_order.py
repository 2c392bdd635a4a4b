"""Newer wins, whatever comes first: late files, the same key in files that are on their way together, snapshots."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import Contract, Delivery
from chalicelib.domain.run.model import Run, RunState
from tests.support.simulated.promises import liveness, safety
from tests.support.simulated.scenarios import text
from tests.support.simulated.world import CONTRACTS, World

HEADER = b"id,value,amount\n"


def under(world: World, contract: Contract) -> World:
    """The same world, with that contract for incoming/thing/."""
    world.reconfigure(contracts={**CONTRACTS, "thing": contract})
    return world


THING = CONTRACTS["thing"]
SNAPSHOT = replace(THING, delivery=Delivery.SNAPSHOT)
ORDERED = replace(THING, order_by="amount")


def put(world: World, name: str, rows: dict[str, str]) -> None:
    world.put(f"incoming/thing/{name}.csv", text(rows), rows)


def held(world: World) -> dict[str, str]:
    return {str(row["id"]): f"{row['value']},{row['amount']}" for row in world.warehouse.rows("landing.things")}


def run_named(world: World, name: str) -> Run:
    (run,) = [run for run in world.runs.runs.values() if run.source.name == f"{name}.csv"]
    return run


def hear_late(world: World, name: str) -> None:
    """All events but that file's are heard, and their runs come to their ends; then that one is."""
    late = [e for e in world.events if e["Records"][0]["s3"]["object"]["key"].endswith(f"{name}.csv")]
    world.events = [e for e in world.events if e not in late]
    while world._deliver_event():
        pass
    for _ in range(200):
        world._statements()
        if not world._deliver_message():
            world.clock.advance(5)
    world.events += late
    world.run()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_of_files_in_flight_wins_in_any_order(world: World, order: tuple[int, ...]) -> None:
    for n in range(3):
        put(world, f"f{n}", {"k": f"v{n},{n}", f"own{n}": f"v{n},{n}"})
    world.events = [world.events[n] for n in order]
    world.run()
    assert not world.violations
    assert not liveness(world)
    assert held(world) == {"k": "v2,2", "own0": "v0,0", "own1": "v1,1", "own2": "v2,2"}
    runs = world.runs.runs.values()
    assert {run.state for run in runs} == {RunState.LOADED}
    assert all(run.counts.settled for run in runs)
    winner = run_named(world, "f2").counts
    assert (winner.superseded, winner.inserted + winner.updated) == (0, 2)


def test_a_late_delta_brings_only_what_nothing_newer_has(world: World) -> None:
    put(world, "old", {"both": "old,1", "only": "old,1"})
    put(world, "new", {"both": "new,2"})
    hear_late(world, "old")
    assert not world.violations
    assert held(world) == {"both": "new,2", "only": "old,1"}
    late = run_named(world, "old")
    assert late.state is RunState.LOADED
    assert (late.counts.superseded, late.counts.inserted) == (1, 1)


def test_a_late_snapshot_is_superseded_as_a_whole_and_notified(world: World) -> None:
    under(world, SNAPSHOT).check = lambda world, where: set()
    put(world, "old", {"both": "old,1", "only": "old,1"})
    put(world, "new", {"both": "new,2"})
    hear_late(world, "old")
    assert held(world) == {"both": "new,2"}
    late = run_named(world, "old")
    assert late.state is RunState.SUPERSEDED
    assert (late.counts.superseded, late.counts.settled) == (2, True)
    assert [m["state"] for m in world.notifier.failures] == ["SUPERSEDED"]
    assert [m["state"] for m in world.notifier.successes] == ["LOADED"]
    assert not safety(world)


def test_snapshots_in_flight_together_end_as_the_newest(world: World) -> None:
    under(world, SNAPSHOT)
    for n in range(4):
        put(world, f"s{n}", {"k": f"v{n},{n}"})
    world.events.reverse()
    world.run()
    assert held(world)["k"] == "v3,3"
    assert run_named(world, "s3").state is RunState.LOADED
    assert {run.state for run in world.runs.runs.values()} <= {RunState.LOADED, RunState.SUPERSEDED}
    assert all(len(s.order.shares) == 1 for s in world.warehouse.statements.values())


def test_the_order_column_wins_over_age_and_ties_go_to_the_newer(world: World) -> None:
    under(world, ORDERED).check = lambda world, where: set()
    put(world, "old", {"greater": "old,9", "tie": "old,5", "lesser": "old,1"})
    put(world, "new", {"greater": "new,2", "tie": "new,5", "lesser": "new,8"})
    hear_late(world, "old")
    assert held(world) == {"greater": "old,9", "tie": "new,5", "lesser": "new,8"}


@pytest.mark.parametrize("late", ["old", "new"])
def test_a_row_without_an_order_value_is_the_oldest(world: World, late: str) -> None:
    under(world, ORDERED).check = lambda world, where: set()
    world.put("incoming/thing/old.csv", HEADER + b"a,old,1\nb,old,\n", {})
    world.put("incoming/thing/new.csv", HEADER + b"a,new,\nb,new,\n", {})
    hear_late(world, late)
    assert held(world) == {"a": "old,1", "b": "new,None"}
