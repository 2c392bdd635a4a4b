"""What goes wrong in a load of several files stays with whom it belongs to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.domain.contract_files.contract_file import Contracts
from chalicelib.domain.run.lifecycle import after_failed_load
from chalicelib.domain.run.model import RunState
from chalicelib.errors import LoadFailed, Throttled
from chalicelib.orchestration import sqs as handlers
from tests.support.simulated.crowds import FILES, all_staged, crowd, done, states
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.tries import killed_each_time


def test_a_files_fault_may_quote_any_words(deployment: SimulatedDeployment) -> None:
    crowd(deployment, 1)
    all_staged(deployment)
    [run] = deployment.runs.runs.values()
    named = LoadFailed("ERROR: DATA_CHECK_FAILED: customer does not exist finds 1 rows", code="DATA_CHECK_FAILED")
    missing = LoadFailed("S3ServiceException: The specified key does not exist")
    assert after_failed_load(run, named, 40, 5) == after_failed_load(run, missing, 40, 5) == {"max_group_size": 20}
    assert after_failed_load(run, named, 1, 5) is None
    for message in ("ERROR: permission denied for relation things", 'relation "landing.things" does not exist'):
        assert after_failed_load(run, LoadFailed(message), 40, 5) is None


def test_a_contract_moved_to_another_table_takes_its_files_along(deployment: SimulatedDeployment) -> None:
    crowd(deployment, 5)
    all_staged(deployment)
    moved = replace(deployment.pipeline.ctx.contracts["thing"], table="elsewhere", fingerprint="of the new one")
    deployment.reconfigure(contracts=Contracts(by_name={"thing": moved}))
    deployment.check = lambda _, where: set()  # which looks at the tables of the contracts as they were
    deployment.settle()
    assert deployment.at_rest()
    assert states(deployment) == ["LOADED"]
    assert len(deployment.warehouse.rows("landing.things")) == 1
    assert len(deployment.warehouse.rows("landing.elsewhere")) == 4
    assert deployment.load_queue.groups == {}


def test_the_load_of_others_ends_no_run_that_waits(deployment: SimulatedDeployment) -> None:
    def unforeseen(name: str) -> None:
        if name == "warehouse.describe":
            raise KeyError("Status")

    crowd(deployment, 2)
    all_staged(deployment)
    [waiting] = [run for run in deployment.runs.runs.values() if run.state is RunState.STAGED]
    deployment.schedule.next = unforeseen  # type: ignore[method-assign]
    record = {"body": json.dumps({"run_id": waiting.run_id}), "receiptHandle": "x"}
    last = {"ApproximateReceiveCount": str(deployment.pipeline.ctx.settings.max_attempts)}
    killed_each_time(deployment.pipeline.ctx, waiting.run_id)
    handlers.on_run_message(deployment.pipeline, lambda *_: None, {**record, "attributes": last})
    killed_each_time(deployment.pipeline.ctx, waiting.run_id)
    handlers.on_dead_letter(deployment.pipeline, {**record, "attributes": last})
    assert deployment.runs.runs[waiting.run_id].state is RunState.STAGED


@pytest.mark.parametrize("at", range(5, 3 * FILES, 11))
def test_a_worker_stopped_half_way_is_followed_by_another_soon(deployment: SimulatedDeployment, at: int) -> None:
    changes = [0]

    def stopped(name: str) -> None:
        changes[0] += name == "runs.change"
        if changes[0] == at:
            changes[0] += 1
            raise Throttled("slow down")

    crowd(deployment)
    all_staged(deployment)
    started = deployment.clock.now()
    deployment.schedule.next = stopped  # type: ignore[method-assign]
    done(deployment)
    loaded = [run.moments["LOADED"] - started for run in deployment.runs.runs.values()]
    assert max(loaded) < 120
