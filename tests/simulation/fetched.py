"""Sources: tables outside that change before, while and after they are read."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.errors import LandfallError
from chalicelib.operations.sources import WindowRequest, start_source
from chalicelib.ports import Conflict
from tests.support.simulated.deployment import SimulatedDeployment
from tests.support.simulated.faults import Killed
from tests.support.simulated.outside import OTHERS
from tests.support.simulated.tables import LONGEST, Table

LATE = 200.0
"""How long a transaction takes. With workers' clocks, which are up to 300 seconds wrong, it is less than the lag."""
HOUR = 3_600.0


def fetched(deployment: SimulatedDeployment) -> None:
    """A table whose rows change while its pages are read; then a transaction that was open meanwhile commits."""
    table = deployment.fetch(OTHERS["fetched"])
    for number in range(3):
        table.write(f"k{number}", ago=HOUR - number // 2)
    deployment.when(lambda w: table.pages == 1, at_work=True).do(lambda w: _change(table))
    deployment.when(_read_up).do(lambda w: table.write("k5", ago=LATE))


def _change(table: Table) -> None:
    """Change a row that was read and one that was not, delete one, and add a bad one."""
    table.write("k0", "newer")
    table.write("k2", "newer", ago=LATE)
    table.delete("k1")
    table.write("k3", "x" * (LONGEST + 1))


def fetched_in_windows(deployment: SimulatedDeployment) -> None:
    """A table that is read from a moment on, in short windows that overlap."""
    contract = OTHERS["fetched"]
    assert contract.source
    begin = OTHERS["ticket"].source
    assert begin
    source = replace(contract.source, begin=begin.begin, max_window=HOUR, look_back=600.0)
    table = deployment.fetch(replace(contract, source=source))
    for number in range(3):
        table.write(f"k{number}", ago=number * HOUR / 2)
    table.write("before", ago=10 * HOUR)
    deployment.when(_read_up).do(lambda w: table.write("k3", ago=LATE))


def fetched_again(deployment: SimulatedDeployment) -> None:
    """Rows that change at positions that were read already: the operator has that window read again."""
    table = deployment.fetch(OTHERS["fetched"])
    for number in range(3):
        table.write(f"k{number}", ago=HOUR - number)
    deployment.when(_read_up).do(lambda w: _amend(w, table))


def _amend(deployment: SimulatedDeployment, table: Table) -> None:
    window = WindowRequest(start=table.rows["k1"].position, until=table.rows["k1"].position)
    table.amend("k1", "amended")
    table.write("k9")
    deployment.requests.append(lambda: _request(deployment, window))


def _request(deployment: SimulatedDeployment, window: WindowRequest) -> None:
    """What `POST /sources/<object>` does; who gets no answer, or meets a worker that reads, sends again."""
    assert deployment.source
    try:
        start_source(deployment.pipeline.ctx, deployment.source.object, window)
    except (LandfallError, Killed, Conflict):
        again = deployment.when(_read_up)
        again.do(lambda w: w.requests.append(lambda: _request(w, window)))


def fetched_by_api(deployment: SimulatedDeployment) -> None:
    """Tickets behind an API, whose tokens and cursors expire, and which change while they are read."""
    table = deployment.fetch(OTHERS["ticket"])
    for number in range(4):
        table.write(f"k{number}", ago=HOUR - number)
    deployment.when(lambda w: table.pages == 1, at_work=True).do(lambda w: _change(table))
    deployment.when(_read_up).do(lambda w: table.write("k5", ago=LATE))


def _read_up(deployment: SimulatedDeployment) -> bool:
    return deployment.source is not None and deployment.source.read_up
