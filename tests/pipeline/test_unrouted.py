"""Files that no contract knows: each is recorded and seen, and their notices do not flood anyone."""

from __future__ import annotations

import pytest

from chalicelib.domain.run.model import RunState
from chalicelib.domain.run.notices import DAY, MOST_UNROUTED, one_more
from tests.support.simulated.deployment import SimulatedDeployment


@pytest.mark.parametrize(
    ("mark", "after"),
    [
        ("", "3 1"),
        ("3 1", "3 2"),
        (f"3 {MOST_UNROUTED - 1}", f"3 {MOST_UNROUTED}"),
        (f"3 {MOST_UNROUTED}", ""),
        (f"2 {MOST_UNROUTED}", "3 1"),
    ],
)
def test_a_day_has_so_many_notices(mark: str, after: str) -> None:
    assert one_more(mark, 3.5 * DAY) == after


def test_beyond_a_days_notices_files_are_counted_and_recorded() -> None:
    deployment, more = SimulatedDeployment(), 5
    for number in range(MOST_UNROUTED + more):
        deployment.put(f"incoming/junk-{number}.bin", b"x\n", {})
    deployment.check = lambda deployment, where: set()
    deployment.settle()
    runs = list(deployment.runs.runs.values())
    assert {run.state for run in runs} == {RunState.UNROUTED}
    assert all(run.finished for run in runs)
    assert len(runs) == MOST_UNROUTED + more
    assert len({notified["id"] for notified in deployment.notifier.failures}) == MOST_UNROUTED
    assert len(deployment.search.page(state=RunState.UNROUTED, limit=200).runs) == MOST_UNROUTED + more
