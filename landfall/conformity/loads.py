"""The files of sql/, applied in the scratch schema, and then the loads that use them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from landfall.conformity.behaviour import Behaviour
from landfall.conformity.guards import GUARDS
from landfall.conformity.merges import MERGES
from landfall.conformity.scratch_table import in_scratch
from landfall.conformity.session import Session
from landfall.migration.scripts import Script, scripts, statements


def behaviours(sql_dir: Path) -> Iterator[Behaviour]:
    """Yield the files of sql/, then the loads."""
    for script in scripts(sql_dir):
        yield Behaviour(
            name=f"sql/{script.name} is accepted",
            why="`landfall migrate` would fail",
            expected="accepted",
            act=partial(_apply, script),
        )
    yield from (*GUARDS, *MERGES)


def _apply(script: Script, session: Session) -> str:
    end = session.run(in_scratch(session, statements(script.text)))
    return f"fails: {end.error}" if end.failed else "accepted"
