"""Scenarios in which workers meet: many files of one target, reruns and deployments while files are on their way."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.adapters.memory import Fate
from chalicelib.domain.run.model import RunState
from chalicelib.operations.reruns import rerun
from tests.simulation.corrections import corrected_and_run_again, corrected_by_two, corrected_rows
from tests.simulation.directly import direct, direct_and_by_copy, direct_refused, direct_together, staged_as_json
from tests.simulation.exports import exported_again, exported_crowd, exported_late, exported_once
from tests.simulation.fetched import fetched, fetched_again, fetched_by_api, fetched_in_windows
from tests.simulation.formats import json_files, transformed
from tests.simulation.refused import accepted_rejects, refused_by_copy
from tests.simulation.side_files import side_files
from tests.support.settings import BUCKET
from tests.support.simulated import scenarios
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.outside import CONTRACTS, record_of
from tests.support.simulated.scenarios import Scenario, in_state, numbered, put, text

STRICTER = {
    name: replace(
        contract, fingerprint=f"{contract.fingerprint[:-1]}~", limits=replace(contract.limits, max_rejects=99)
    )
    for name, contract in CONTRACTS.items()
}
"""The same contracts as they are after a deployment that changed something."""
WINDOWED = {name: replace(contract, load_every=900.0) for name, contract in CONTRACTS.items()}
"""The same contracts with load windows of a quarter of an hour."""


def crowd(deployment: SimulatedDeployment) -> None:
    """More files than one load takes while the first is under way, with keys in common."""
    for i in range(4):
        deployment.put(f"incoming/thing/f{i}.csv", text(rows := {"k": f"f{i},{i}", f"own{i}": "x,1"}), rows)


def crowd_with_sick(deployment: SimulatedDeployment) -> None:
    """Several files at once, one of which the warehouse will not have."""
    for i in range(4):
        body = text(rows := {f"k{i}": f"f{i},{i}"})
        deployment.put(f"incoming/unique/f{i}.csv", body + b"k2,again,1\n" if i == 2 else body, {} if i == 2 else rows)


def crowd_with_two_sick(deployment: SimulatedDeployment) -> None:
    """A load of many in which two files are at fault."""
    for i in range(6):
        sick = i in (1, 4)
        body = text(rows := {f"k{i}": f"f{i},{i}"})
        deployment.put(f"incoming/unique/f{i}.csv", body * 2 if sick else body, {} if sick else rows)


def two_files(deployment: SimulatedDeployment) -> None:
    """The smallest group: two small files that come while another is loaded."""
    for i in range(3):
        deployment.put(f"incoming/thing/f{i}.csv", text(rows := {"k": f"f{i},{i}"}), rows)


def two_small(deployment: SimulatedDeployment) -> None:
    """Two small files that are loaded together because both wait out a pause of the first load."""
    if not deployment.warehouse.fates:
        deployment.warehouse.fates.append(Fate.CONFLICT)
    for i in range(2):
        deployment.put(f"incoming/thing/f{i}.csv", text(rows := {"k": f"f{i},{i}"}), rows)


def two_targets(deployment: SimulatedDeployment) -> None:
    """Files of two targets: neither waits for the other."""
    for i in range(2):
        for name in ("thing", "unique"):
            deployment.put(f"incoming/{name}/f{i}.csv", text(rows := {f"{name}{i}": f"f{i},{i}"}), rows)


def rerun_meanwhile(deployment: SimulatedDeployment) -> None:
    """Two people run a loaded file again at once, while a newer file with the same keys is on its way."""
    put(deployment, "a.csv", numbered(3, tag="a"))
    deployment.when(SimulatedDeployment.settled).do(_rerun_twice)


def _rerun_twice(deployment: SimulatedDeployment) -> None:
    put(deployment, "b.csv", numbered(3, tag="b"))
    run = next(iter(deployment.runs.runs.values()))
    deployment.requests += [lambda: rerun(deployment.pipeline, run)] * 2


def deployed_while_staging(deployment: SimulatedDeployment) -> None:
    """A contract is changed while files are being checked by the old one."""
    put(deployment, "a.csv", numbered(8))
    put(deployment, "b.csv", numbered(2, base=20))
    deployment.when(lambda w: in_state(w, RunState.STAGING), at_work=True).do(lambda w: w.deploy(STRICTER))


def deployed_while_loading(deployment: SimulatedDeployment) -> None:
    """A contract is changed while files wait for their load, and one is being loaded."""
    for i in range(3):
        put(deployment, f"f{i}.csv", {f"own{i}": f"x,{i}"})
    deployment.when(lambda w: in_state(w, RunState.LOADING), at_work=True).do(lambda w: w.deploy(STRICTER))


def in_windows(deployment: SimulatedDeployment) -> None:
    """Files of two targets that wait for the end of their load windows; a file that is run again does not wait."""
    deployment.deploy(WINDOWED)
    for i in range(2):
        for name in ("thing", "unique"):
            deployment.put(f"incoming/{name}/f{i}.csv", text(rows := {f"{name}{i}": f"f{i},{i}"}), rows)
    deployment.when(SimulatedDeployment.settled).do(_next_window)


def _next_window(deployment: SimulatedDeployment) -> None:
    scenarios.ask_again(deployment)
    put(deployment, "b.csv", numbered(3, tag="b"))


def cancelled_in_window(deployment: SimulatedDeployment) -> None:
    """The first of the files that wait for the end of their load window is cancelled."""
    deployment.deploy(WINDOWED)
    put(deployment, "STAGED.csv", numbered(2))
    put(deployment, "b.csv", numbered(2, base=10))
    deployment.when(lambda w: scenarios.is_at(w, RunState.STAGED)).do(lambda w: scenarios.stop(w, RunState.STAGED))


def deployed_in_window(deployment: SimulatedDeployment) -> None:
    """A contract is changed, and loses its load windows, while files wait for the end of one."""
    deployment.deploy(WINDOWED)
    for i in range(2):
        put(deployment, f"f{i}.csv", numbered(2, base=2 * i))
    deployment.when(lambda w: in_state(w, RunState.STAGED), at_work=True).do(lambda w: w.deploy(STRICTER))


def notified_oddly(deployment: SimulatedDeployment) -> None:
    """S3's test event, then three records in one notification, a folder among them."""
    records = [record_of(put(deployment, f"f{i}.csv", numbered(2, base=2 * i), event=False)) for i in range(2)]
    deployment.objects.put(BUCKET, "incoming/thing/", b"")
    folder = deployment.objects.head(BUCKET, "incoming/thing/")
    deployment.notify({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})
    deployment.notify({"Records": [records[0], record_of(folder), records[1]]})


SCENARIOS: tuple[Scenario, ...] = (
    scenarios.one_file,
    scenarios.bad_rows,
    scenarios.all_bad,
    scenarios.header_only,
    scenarios.empty,
    scenarios.wrong_header,
    scenarios.unrouted,
    scenarios.three_files,
    scenarios.odd_name,
    scenarios.packed,
    scenarios.wide,
    scenarios.same_twice,
    scenarios.overwritten,
    scenarios.event_lost,
    scenarios.newer_event_lost,
    scenarios.back_again,
    scenarios.overwritten_late,
    scenarios.overwritten_between,
    scenarios.run_again,
    scenarios.corrected,
    scenarios.contract_ahead,
    scenarios.key_twice,
    scenarios.misleading,
    scenarios.many_wrong_cuts,
    crowd,
    crowd_with_sick,
    crowd_with_two_sick,
    two_files,
    two_small,
    two_targets,
    rerun_meanwhile,
    deployed_while_staging,
    deployed_while_loading,
    in_windows,
    cancelled_in_window,
    deployed_in_window,
    notified_oddly,
    scenarios.cancelled,
    scenarios.asked_twice,
    corrected_rows,
    corrected_by_two,
    corrected_and_run_again,
    accepted_rejects,
    refused_by_copy,
    side_files,
    direct,
    direct_and_by_copy,
    direct_together,
    direct_refused,
    staged_as_json,
    exported_once,
    exported_crowd,
    exported_again,
    exported_late,
    fetched,
    fetched_in_windows,
    fetched_again,
    fetched_by_api,
    json_files,
    transformed,
)
BY_NAME = {scenario.__name__: scenario for scenario in SCENARIOS}
VERSIONS_MATTER = tuple(
    scenario.__name__
    for scenario in (
        scenarios.one_file,
        scenarios.same_twice,
        scenarios.overwritten,
        scenarios.newer_event_lost,
        scenarios.back_again,
        scenarios.overwritten_late,
        scenarios.overwritten_between,
        scenarios.run_again,
    )
)
"""Those that are played in buckets with versions, too: a key is put, read or deleted more than once."""
LIVE = tuple(
    scenario.__name__
    for scenario in (
        scenarios.one_file,
        scenarios.three_files,
        scenarios.overwritten,
        scenarios.overwritten_late,
        scenarios.newer_event_lost,
        scenarios.back_again,
        scenarios.run_again,
        scenarios.event_lost,
        crowd,
        crowd_with_sick,
        crowd_with_two_sick,
        two_files,
        two_targets,
        rerun_meanwhile,
        deployed_while_staging,
        deployed_while_loading,
        in_windows,
        cancelled_in_window,
        deployed_in_window,
        scenarios.cancelled,
        scenarios.asked_twice,
        corrected_rows,
        corrected_by_two,
        corrected_and_run_again,
        accepted_rejects,
        refused_by_copy,
        side_files,
        direct_and_by_copy,
        direct_together,
        direct_refused,
        exported_once,
        exported_crowd,
        exported_again,
        fetched,
        fetched_again,
        fetched_by_api,
        json_files,
    )
)
"""Those in which three workers that are at work at once get in each other's way."""

ENDS = {
    "all_bad": RunState.REJECTED,
    "header_only": RunState.REJECTED,
    "empty": RunState.REJECTED,
    "wrong_header": RunState.REJECTED,
    "unrouted": RunState.UNROUTED,
    "key_twice": RunState.REJECTED,
    "asked_twice": RunState.CANCELLED,
}
"""How the newest run of a scenario ends if nothing goes wrong; LOADED if it is not named."""
LOADS_FAIL = frozenset(
    {
        "corrected",
        "contract_ahead",
        "key_twice",
        "refused_by_copy",
        "direct_refused",
        "staged_as_json",
        "direct_together",
        "crowd_with_sick",
        "crowd_with_two_sick",
        "two_small",
        "cancelled",
        "asked_twice",
    }
)
"""Where loads fail or are stopped though nothing goes wrong."""
