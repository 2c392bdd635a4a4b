"""The run of a landed version: its id derives from its content."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.routing import route
from chalicelib.domain.run.model import Problem, Run, RunState, SourceObject, run_id

UNROUTED = Problem(
    code="UNROUTED", message="no contract's lands_at matches this key; move the file, or fix a contract and rerun it"
)


UNREAD = frozenset({"SOURCE_CHANGED", "SOURCE_GONE"})
"""The problems of a run that found another content at its key, or none."""


def put_again(source: SourceObject, run: Run | None) -> bool:
    """Return whether the content of a run that never read it was put again later, while no other run had the key.

    A: its run is made | B, whose event is lost, replaces it: the run of A ends | A is put again: it needs a run
    """
    if not (run and run.state.terminal and run.problem and run.problem.code in UNREAD):
        return False
    if source.sequencer:
        return source.sequencer != run.source.sequencer and source.newer_than(run.source.sequencer)
    return source.last_modified > (run.source.last_modified or run.arrived_at)


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
