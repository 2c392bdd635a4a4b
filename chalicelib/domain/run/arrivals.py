"""The run of a landed version: its id derives from its content."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.routing import route
from chalicelib.domain.run.model import Problem, Run, RunState, SourceObject, run_id

UNROUTED = Problem(
    code="UNROUTED", message="no contract's lands_at matches this key; move the file, or fix a contract and rerun it"
)


def new_run(source: SourceObject, contracts: Mapping[str, Contract], now: float, *, came_back: bool) -> Run:
    """Return the run of a version that is new, or that came back after another content replaced it.

    Content A, then B, then A again is three runs: the last must win, so it cannot share the first one's name.
    """
    again = (source.sequencer or str(source.last_modified)) if came_back else ""
    found = route(contracts, source.key)
    state = RunState.ARRIVED if found else RunState.UNROUTED
    return Run(
        run_id=run_id(source, again=again),
        object=found.contract.name if found else "",
        source=source,
        state=state,
        arrived_at=now,
        updated_at=now,
        moments={state.value: now},
        problem=None if found else UNROUTED,
    )
