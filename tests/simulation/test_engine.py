"""What the simulation remembers of the engine changes nothing that it plays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from tests.simulation.cases import Case, live, play, storm
from tests.simulation.engine import REMEMBERING, Memory, Where, changed

CASES = [
    *(Case(scenario=scenario) for scenario in ("bad_rows", "packed", "corrected_rows", "deployed_while_staging")),
    *(Case(scenario=scenario) for scenario in ("json_files", "transformed", "fetched", "fetched_by_api")),
    Case(scenario="misleading", twists=(("call", 12, "UNKNOWN"),)),
    *map(storm, range(300, 337)),
    live(5),
]


def course(case: Case) -> tuple[object, ...]:
    """All that can be seen of a schedule: the calls, the time they took, the runs, the objects, the tables."""
    deployment = play(case)
    tables = {table: deployment.warehouse.rows(table) for table in deployment.warehouse.targets}
    bodies = {place: [v.body for v in versions] for place, versions in deployment.objects.objects.items()}
    return (
        deployment.schedule.calls,
        deployment.clock.now(),
        deployment.runs.runs,
        bodies,
        tables,
        deployment.violations,
    )


def test_a_schedule_goes_the_same_way_with_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    real = list(map(course, CASES))
    for whom, remembering in REMEMBERING.items():
        for name, answer in remembering.items():
            monkeypatch.setattr(whom, name, answer)
    assert list(map(course, CASES)) == real  # asked for the first time, most of it
    assert list(map(course, CASES)) == real  # remembered


def test_a_fast_change_equals_that_of_dataclasses() -> None:
    deployment = play(Case(scenario="corrected_rows"))
    for run in deployment.runs.runs.values():
        new, usual = changed(run, staged=7, problem=None), replace(run, staged=7, problem=None)
        assert (new, list(vars(new)), new is run) == (usual, list(vars(usual)), False)
        with pytest.raises(TypeError, match="Run has no field"):
            changed(run, stage=7)


@dataclass
class Bytes:
    """A source that counts what is read of it."""

    held: bytes
    read_of_it: list[Where] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.held)

    def read(self, start: int, length: int) -> bytes:
        self.read_of_it.append((start, length))
        return self.held[start : start + length]


def test_the_same_bytes_are_worked_on_once_and_read_each_time() -> None:
    memory, worked = Memory[bytes](), []

    def work(source: Bytes) -> bytes:
        first = source.read(0, 1)
        answer = first + source.read(9, 1) + source.read(2 if first == b"a" else 1, 1)
        worked.append(answer)
        return answer

    sources = [Bytes(held) for held in (b"axy", b"bxy", b"axz", b"ayy", b"bxz")]
    assert [memory.find("that", source, work) for source in sources] == [b"ay", b"bx", b"az", b"ay", b"bx"]  # type: ignore[arg-type]
    assert worked == [b"ay", b"bx", b"az"]
    assert [source.read_of_it[2] for source in sources] == [(2, 1), (1, 1), (2, 1), (2, 1), (1, 1)]
    assert memory.find("another", sources[0], lambda source: source.read(0, 3)) == b"axy"
