"""A file as people send it, and what must come of it: run through the whole pipeline in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.model import Run, RunState
from chalicelib.domain.run.rejects import Reject
from tests.support.settings import BUCKET
from tests.support.simulated.deployment import SimulatedDeployment

CONTRACT = """
name = "thing"
target = "landing.things"
lands_at = ["incoming/thing/*"]
key = ["id"]
{top}
[limits]
max_reject_ratio = 1.0
{limits}
[dialect]
{dialect}
[columns]
{columns}
"""
KEY = 'id = { type = "bigint", required = true }'


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A value or row that must be rejected."""

    code: int
    reason: str = ""
    """A part of the reason."""


@dataclass(frozen=True)
class Altered:
    """A value that is loaded otherwise than it is written, and is counted for that."""

    kind: str
    value: object


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A whole file, and the rows, rejects and counts that come of it."""

    name: str
    text: bytes | str
    dialect: str = ""
    columns: str = KEY + '\ntxt = { type = "varchar(100)" }'
    top: str = ""
    limits: str = ""
    rows: Sequence[tuple[object, ...]] = ()
    """The values of each row of the table, in the contract's order, sorted by the first."""
    bad: Sequence[Bad] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    altered: Mapping[str, int] = field(default_factory=dict)
    refused: str = ""
    """The code of the run's problem, if the file is refused."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a file."""

    run: Run
    rows: list[tuple[object, ...]]
    rejects: list[Reject]


def outcome(case: Layout, directory: Path | None = None) -> Outcome:
    """Load the file into an empty table. The directory has the code of a transform."""
    text = CONTRACT.format(top=case.top, limits=case.limits, dialect=case.dialect, columns=case.columns)
    contract = read_contract("thing.toml", text.encode(), directory)
    deployment = SimulatedDeployment()
    deployment.reconfigure(contracts={"thing": contract})
    data = case.text if isinstance(case.text, bytes) else case.text.encode()
    deployment.put("incoming/thing/a.csv", data, {})
    deployment.settle()
    (run,) = deployment.runs.runs.values()
    names = [column.name for column in contract.columns]
    rows = [tuple(row[name] for name in names) for row in deployment.warehouse.rows("landing.things")]
    rejects = [
        Reject.from_json(line)
        for item in deployment.objects.list(BUCKET, "rejected/")
        if item.key.endswith(".jsonl")
        for line in deployment.objects.get(BUCKET, item.key).splitlines()
    ]
    return Outcome(run=run, rows=sorted(rows, key=str), rejects=rejects)


def differences(case: Layout, directory: Path | None = None) -> list[str]:
    """Return what is not as the case has it."""
    found = outcome(case, directory)
    state, code = found.run.state, found.run.problem.code if found.run.problem else ""
    if case.refused:
        return [] if (state, code) == (RunState.REJECTED, case.refused) else [f"{state.value} {code}: not refused"]
    wrong = [] if state is RunState.LOADED else [f"{state.value}: {found.run.problem}"]
    expected = sorted((tuple(map(plain, row)) for row in case.rows), key=str)
    if [tuple(map(plain, row)) for row in found.rows] != expected:
        wrong.append(f"rows {found.rows}, not {expected}")
    if [(r.code, bad.reason in r.reason) for r, bad in zip(found.rejects, case.bad, strict=False)] != [
        (bad.code, True) for bad in case.bad
    ] or len(found.rejects) != len(case.bad):
        wrong.append(f"rejects {[(r.code, r.reason) for r in found.rejects]}, not {list(case.bad)}")
    for kind, counts in (("left_out", case.left_out), ("altered", case.altered)):
        if dict(getattr(found.run, kind)) != dict(counts):
            wrong.append(f"{kind} {dict(getattr(found.run, kind))}, not {dict(counts)}")
    return wrong


def plain(value: object) -> object:
    """Return a value that equals another one if the table holds the same."""
    return value.normalize() if isinstance(value, Decimal) else value
