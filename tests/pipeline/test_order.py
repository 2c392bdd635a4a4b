"""Newer wins, whatever comes first: late files, the same key in files that are on their way together, snapshots."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import Contract, Delivery
from chalicelib.domain.run.model import Run, RunState
from tests.support.simulated.deployment import CONTRACTS, SimulatedDeployment
from tests.support.simulated.promises import liveness, safety
from tests.support.simulated.scenarios import text

HEADER = b"id,value,amount\n"


def under(deployment: SimulatedDeployment, contract: Contract) -> SimulatedDeployment:
    """The same deployment, with that contract for incoming/thing/."""
    deployment.reconfigure(contracts={**CONTRACTS, "thing": contract})
    return deployment


THING = CONTRACTS["thing"]
SNAPSHOT = replace(THING, delivery=Delivery.SNAPSHOT)
ORDERED = replace(THING, order_by="amount")


def put(deployment: SimulatedDeployment, name: str, rows: dict[str, str]) -> None:
    deployment.put(f"incoming/thing/{name}.csv", text(rows), rows)


def held(deployment: SimulatedDeployment) -> dict[str, str]:
    return {str(row["id"]): f"{row['value']},{row['amount']}" for row in deployment.warehouse.rows("landing.things")}


def run_named(deployment: SimulatedDeployment, name: str) -> Run:
    (run,) = [run for run in deployment.runs.runs.values() if run.source.name == f"{name}.csv"]
    return run


def hear_late(deployment: SimulatedDeployment, name: str) -> None:
    """All events but that file's are delivered, and their runs come to their ends; then that one is."""
    late = [e for e in deployment.events if e["Records"][0]["s3"]["object"]["key"].endswith(f"{name}.csv")]
    deployment.events = [e for e in deployment.events if e not in late]
    while deployment.deliver_event():
        pass
    for _ in range(200):
        deployment.run_statements()
        if not deployment.deliver_message():
            deployment.clock.advance(5)
    deployment.events += late
    deployment.settle()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_of_files_in_flight_wins_in_any_order(
    deployment: SimulatedDeployment, order: tuple[int, ...]
) -> None:
    for n in range(3):
        put(deployment, f"f{n}", {"k": f"v{n},{n}", f"own{n}": f"v{n},{n}"})
    deployment.events = [deployment.events[n] for n in order]
    deployment.settle()
    assert not deployment.violations
    assert not liveness(deployment)
    assert held(deployment) == {"k": "v2,2", "own0": "v0,0", "own1": "v1,1", "own2": "v2,2"}
    runs = deployment.runs.runs.values()
    assert {run.state for run in runs} == {RunState.LOADED}
    assert all(run.counts.settled for run in runs)
    winner = run_named(deployment, "f2").counts
    assert (winner.superseded, winner.inserted + winner.updated) == (0, 2)


def test_a_late_delta_brings_only_what_nothing_newer_has(deployment: SimulatedDeployment) -> None:
    put(deployment, "old", {"both": "old,1", "only": "old,1"})
    put(deployment, "new", {"both": "new,2"})
    hear_late(deployment, "old")
    assert not deployment.violations
    assert held(deployment) == {"both": "new,2", "only": "old,1"}
    late = run_named(deployment, "old")
    assert late.state is RunState.LOADED
    assert (late.counts.superseded, late.counts.inserted) == (1, 1)


def test_a_late_snapshot_is_superseded_as_a_whole_and_notified(deployment: SimulatedDeployment) -> None:
    under(deployment, SNAPSHOT).check = lambda deployment, where: set()
    put(deployment, "old", {"both": "old,1", "only": "old,1"})
    put(deployment, "new", {"both": "new,2"})
    hear_late(deployment, "old")
    assert held(deployment) == {"both": "new,2"}
    late = run_named(deployment, "old")
    assert late.state is RunState.SUPERSEDED
    assert (late.counts.superseded, late.counts.settled) == (2, True)
    assert [m["state"] for m in deployment.notifier.failures] == ["SUPERSEDED"]
    assert [m["state"] for m in deployment.notifier.successes] == ["LOADED"]
    assert not safety(deployment)


def test_snapshots_in_flight_together_end_as_the_newest(deployment: SimulatedDeployment) -> None:
    under(deployment, SNAPSHOT)
    for n in range(4):
        put(deployment, f"s{n}", {"k": f"v{n},{n}"})
    deployment.events.reverse()
    deployment.settle()
    assert held(deployment)["k"] == "v3,3"
    assert run_named(deployment, "s3").state is RunState.LOADED
    assert {run.state for run in deployment.runs.runs.values()} <= {RunState.LOADED, RunState.SUPERSEDED}
    assert all(len(s.order.shares) == 1 for s in deployment.warehouse.statements.values())


def test_the_order_column_wins_over_age_and_ties_go_to_the_newer(deployment: SimulatedDeployment) -> None:
    under(deployment, ORDERED).check = lambda deployment, where: set()
    put(deployment, "old", {"greater": "old,9", "tie": "old,5", "lesser": "old,1"})
    put(deployment, "new", {"greater": "new,2", "tie": "new,5", "lesser": "new,8"})
    hear_late(deployment, "old")
    assert held(deployment) == {"greater": "old,9", "tie": "new,5", "lesser": "new,8"}


@pytest.mark.parametrize("late", ["old", "new"])
def test_a_row_without_an_order_value_is_the_oldest(deployment: SimulatedDeployment, late: str) -> None:
    under(deployment, ORDERED).check = lambda deployment, where: set()
    deployment.put("incoming/thing/old.csv", HEADER + b"a,old,1\nb,old,\n", {})
    deployment.put("incoming/thing/new.csv", HEADER + b"a,new,\nb,new,\n", {})
    hear_late(deployment, late)
    assert held(deployment) == {"a": "old,1", "b": "new,None"}
