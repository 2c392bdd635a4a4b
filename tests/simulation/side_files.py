"""Files whose rows a side file announces: it comes before its file, after it, or only once a wrong one was read."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.dialect import ControlTotals
from chalicelib.domain.file.control_totals import ENDING
from chalicelib.domain.run.model import Run
from tests.support.simulated.announced import ROWS
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.outside import CONTRACTS
from tests.support.simulated.scenarios import numbered, put

ANNOUNCED = {
    name: replace(contract, fingerprint=f"{contract.fingerprint[:-1]}^", control_totals=ControlTotals(count_field=2))
    for name, contract in CONTRACTS.items()
}
"""The same contracts with side files, whose second field is the number of rows."""


def side_files(deployment: SimulatedDeployment) -> None:
    """The side file of one file comes first, of another late, and the third file's is wrong and is put again."""
    deployment.deploy(ANNOUNCED)
    put_side(deployment, "first.csv", ROWS)
    for number, name in enumerate(("first.csv", "late.csv")):
        put(deployment, name, numbered(ROWS, base=10 * number))
    deployment.when(lambda w: _has_waited(w, "late.csv")).do(lambda w: put_side(w, "late.csv", ROWS))
    put_side(deployment, "wrong.csv", ROWS + 1)
    put(deployment, "wrong.csv", numbered(ROWS, base=20))
    deployment.when(lambda w: _has_ended(w, "wrong.csv")).do(lambda w: put_side(w, "wrong.csv", ROWS))


def put_side(deployment: SimulatedDeployment, name: str, rows: int) -> None:
    """What a supplier puts beside a file."""
    deployment.put(f"incoming/thing/{name}{ENDING}", f"{name},{rows}".encode(), {})
    deployment.landed.pop()  # it is not to be loaded


def _of(deployment: SimulatedDeployment, name: str) -> list[Run]:
    return [run for run in deployment.runs.runs.values() if run.source.name == name]


def _has_waited(deployment: SimulatedDeployment, name: str) -> bool:
    return any(run.problem or run.state.terminal for run in _of(deployment, name))


def _has_ended(deployment: SimulatedDeployment, name: str) -> bool:
    return any(run.state.terminal for run in _of(deployment, name))
