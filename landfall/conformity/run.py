"""Runs the checks in a scratch schema of a warehouse.

Guarantees that the schema is new, that nothing outside it is written, and that it is dropped at the end. If it cannot
be dropped, the last finding says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from landfall.conformity import copies, loads
from landfall.conformity.check import Check, statements
from landfall.conformity.session import Session
from landfall.conformity.statements import BEHAVIOURS

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
HIDDEN = "<account>"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check has seen. It holds no number of an account."""

    name: str
    why: str
    expected: str
    seen: str
    only_slower: bool = False

    @property
    def differs(self) -> bool:
        return self.seen != self.expected


def all_checks(sql_dir: Path, store: copies.Store | None) -> Sequence[Check]:
    """Return every check. Those of COPY need a bucket."""
    return [
        *statements(),
        *BEHAVIOURS,
        *loads.behaviours(sql_dir),
        *(copies.behaviours(store) if store else ()),
    ]


def run(session: Session, checks: Iterable[Check]) -> Iterator[Finding]:
    """Yield a finding for each check. Raises RuntimeError if the scratch schema cannot be made."""
    if (made := session.one("create schema {s}")).failed:
        raise RuntimeError(f"the scratch schema cannot be made: {made.error}")
    try:
        yield from (_find(session, check) for check in checks)
    finally:
        dropped = session.one("drop schema {s} cascade")
    yield Finding(
        name="the scratch schema is dropped",
        why=f"the schema {session.schema} is left: drop it by hand",
        expected="dropped",
        seen=f"fails: {dropped.error}" if dropped.failed else "dropped",
        only_slower=True,
    )


def _find(session: Session, check: Check) -> Finding:
    try:
        seen = check.see(session)
    except Exception as error:  # noqa: BLE001 - a warehouse that is unlike Redshift may break a check in any way
        seen = f"refused: {type(error).__name__}: {error}"
    return Finding(
        name=check.name,
        why=check.why,
        expected=check.expected,
        seen=_ACCOUNT.sub(HIDDEN, seen),
        only_slower=check.only_slower,
    )
