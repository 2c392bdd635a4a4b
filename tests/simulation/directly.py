"""Scenarios of rows that come as INSERTs, whose worker waits for the end, and of rows that are staged as JSON."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.contract import Load, StageAs
from tests.simulation.refused import refused_by_copy
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.outside import CONTRACTS
from tests.support.simulated.scenarios import numbered, put, text

MOST_ROWS = 8
DIRECT = {
    name: replace(contract, load=Load.DIRECT, limits=replace(contract.limits, direct_rows=MOST_ROWS))
    for name, contract in CONTRACTS.items()
}
"""The usual contracts, loaded directly up to a few rows."""


AS_JSON = {name: replace(contract, stage_as=StageAs.JSON) for name, contract in CONTRACTS.items()}
"""The usual contracts, whose rows are staged as JSON."""


def staged_as_json(deployment: SimulatedDeployment) -> None:
    """COPY refuses rows that the checks passed, of parts in JSON."""
    deployment.deploy(AS_JSON)
    refused_by_copy(deployment)


def direct(deployment: SimulatedDeployment) -> None:
    """One small file of a few chunks, with a bad row."""
    deployment.deploy(DIRECT)
    put(deployment, "a.csv", numbered(MOST_ROWS), ("x1,y,notanumber",))


def direct_and_by_copy(deployment: SimulatedDeployment) -> None:
    """Files with keys in common: the first and the last are few rows, the others are loaded by COPY."""
    deployment.deploy(DIRECT)
    for number, rows in enumerate((3, MOST_ROWS + 1, 12, 4)):
        put(deployment, f"f{number}.csv", numbered(rows, tag=f"f{number}-", base=number))


def direct_together(deployment: SimulatedDeployment) -> None:
    """Several small files of one load, one of which has a key twice."""
    deployment.deploy(DIRECT)
    for i in range(4):
        body = text(rows := {f"k{i}": f"f{i},{i}"})
        deployment.put(f"incoming/unique/f{i}.csv", body + b"k2,again,1\n" if i == 2 else body, {} if i == 2 else rows)


def direct_refused(deployment: SimulatedDeployment) -> None:
    """Rows that the checks passed cannot be inserted: COPY names them, and the files are loaded without these."""
    deployment.deploy(DIRECT)
    refused_by_copy(deployment)
