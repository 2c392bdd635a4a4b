"""The budget of work ends a file that would hold a worker, and no other."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.formats.csv.reading import Reading
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.run.model import RunState
from chalicelib.domain.staging.validate import Rules
from chalicelib.errors import Rejected
from tests.support.files.engine import contract, stage_file, text
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.endings import ended
from tests.support.simulated.scenarios import numbered, put

SLOW_RECORD = b"slow,"


def read_by_the_square(rules: Rules, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
    """A reader with the fault that the budget is for: of some files it looks at each byte for each byte, and more."""
    if data.startswith(SLOW_RECORD):
        work.spend(size << 40)
    return READ(rules, data, size, at_end=at_end, work=work)


READ = Rules.read


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rules, "read", read_by_the_square)


@pytest.mark.usefixtures("slow")
def test_a_file_of_too_much_work_is_rejected_alone(deployment: SimulatedDeployment) -> None:
    deployment.put("incoming/thing/slow.csv", b"id,value,amount\n" + SLOW_RECORD + b"x,1\n", {})
    run = ended(deployment, RunState.REJECTED, "TOO_MUCH_WORK")
    assert run.problem is not None
    assert run.problem.byte_offset == len(b"id,value,amount\n")
    assert "dialect" in run.problem.message
    put(deployment, "good.csv", numbered(3))
    deployment.settle()
    assert not deployment.violations
    assert len(deployment.warehouse.rows("landing.things")) == 3


@pytest.mark.usefixtures("slow")
def test_the_offset_is_that_of_the_block_at_hand() -> None:
    things = contract(*(Column(name=name, type=text()) for name in "ab"))
    data = b"a,b\n" + b"1,2\n" * 4 + SLOW_RECORD + b"3\n" * 4
    with pytest.raises(Rejected) as refused:
        stage_file(data, things, len(data), block_bytes=16)
    assert refused.value.byte_offset == data.index(SLOW_RECORD)
