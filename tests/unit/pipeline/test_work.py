"""The budget of work ends a file that would hold a worker, and no other."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.contract import Column
from chalicelib.domain.formats.csv.reading import Reading
from chalicelib.domain.formats.csv.work import FREE_LOOKS, LOOKS_A_BYTE, LOOKS_A_RECORD, Work
from chalicelib.domain.run.model import RunState
from chalicelib.domain.staging.validate import Rules
from chalicelib.errors import Rejected
from tests.properties.engine import contract, stage_file, text
from tests.simulation.scenarios import numbered, put
from tests.simulation.world import World
from tests.unit.pipeline.endings import ended

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
def test_a_file_of_too_much_work_is_rejected_alone(world: World) -> None:
    world.put("incoming/thing/slow.csv", b"id,value,amount\n" + SLOW_RECORD + b"x,1\n", {})
    run = ended(world, RunState.REJECTED, "TOO_MUCH_WORK")
    assert run.problem is not None
    assert run.problem.byte_offset == len(b"id,value,amount\n")
    assert "dialect" in run.problem.message
    put(world, "good.csv", numbered(3))
    world.run()
    assert not world.violations
    assert len(world.warehouse.rows("landing.things")) == 3


@pytest.mark.usefixtures("slow")
def test_the_offset_is_that_of_the_block_at_hand() -> None:
    things = contract(*(Column(name=name, type=text()) for name in "ab"))
    data = b"a,b\n" + b"1,2\n" * 4 + SLOW_RECORD + b"3\n" * 4
    with pytest.raises(Rejected) as refused:
        stage_file(data, things, len(data), block_bytes=16)
    assert refused.value.byte_offset == data.index(SLOW_RECORD)


def test_the_budget_grows_with_the_chunk_and_the_longest_record() -> None:
    assert Work.of_chunk(10, 3).allowed == FREE_LOOKS + 10 * LOOKS_A_BYTE + 3 * LOOKS_A_RECORD
    work = Work(10)
    work.spend(10)
    with pytest.raises(Rejected):
        work.spend(1)


def test_an_unbounded_count_refuses_nothing() -> None:
    work = Work()
    work.spend(1 << 60)
    assert work.looked == 1 << 60
