"""`push`: sends a DataFrame as a file of its object, waits for the outcome, and returns the books.

Guarantees that nothing is sent if the frame has a column that the contract does not know, or a value that cannot be
written exactly. What is sent is a file like any other: the same content again changes nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.rejects import Reject
from chalicelib.errors import Rejected
from landfall.check.checking import Outputs, check_file
from landfall.contracts import known, shipped
from landfall.faults import absent
from landfall.localfile import opened
from landfall.notebook.frame_error import FrameError
from landfall.notebook.frame_file import FrameFile, write_frame
from landfall.notebook.landing import frame_key
from landfall.remote.api import Api, segment
from landfall.remote.deployment import find
from landfall.remote.meter import Meter
from landfall.remote.push import send
from landfall.remote.runs import BAD_STATES

if TYPE_CHECKING:
    import pandas as pd

ACCEPTED = "ACCEPTED"
"""The state of a frame after a dry run whose file would be loaded."""
DIGEST = 12
"""Digits of the content's hash in a key."""
REASONS = ("_column", "_code", "_reason")
"""The columns that `Pushed.rejects` has before the frame's own."""


@dataclass(frozen=True, kw_only=True, eq=False)  # frames have no single answer to ==
class Pushed:
    """The books of a frame."""

    state: str
    """The state of its run, such as LOADED or REJECTED; after a dry run ACCEPTED or REJECTED."""
    rows: Mapping[str, int]
    """Rows by what became of them: `read`, `good`, `rejected`, and those of the load."""
    rejects: pd.DataFrame
    """The bad rows with the frame's own index, and before its columns `_column`, `_code` and `_reason`."""
    problem: str = ""
    """The first fault, or why the file was refused as a whole."""
    run_id: str = ""
    key: str = ""
    sent_before: bool = False
    """Whether the same content had this run before: it changes nothing when it lands again."""
    status: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All that the API reports of the run; empty after a dry run."""

    @property
    def accepted(self) -> bool:
        """Whether the good rows are loaded, or would be."""
        return self.state not in BAD_STATES

    def __repr__(self) -> str:
        counts = f"{self.rows['read']:,} read = {self.rows['good']:,} good + {self.rows['rejected']:,} rejected"
        run = f" (run {self.run_id})" if self.run_id else ""
        problem = f"; {self.problem}" if self.problem else ""
        before = "; the same content was sent before, so nothing changed" if self.sent_before else ""
        return f"{self.state}: {counts}{problem}{run}{before}"


class _Fault(NamedTuple):
    line: int
    column: str
    code: int
    reason: str


def push(
    frame: pd.DataFrame,
    object: str,
    *,
    month: str | date = "",
    key: str = "",
    dry_run: bool = False,
    quiet: bool = False,
) -> Pushed:
    """Write a frame as its contract reads it, send it, wait, and return the books with the bad rows.

    `month` ("May-2025", "2025-05" or a date) names the period in the key. With `dry_run` the frame is checked on this
    machine by the engine of `landfall check`, and nothing is sent. Raises FrameError for a frame that cannot be
    written, CommandError if the deployment does not take it. A file that is refused raises nothing: see the state.
    """
    _refuse_other(frame)
    contracts = shipped()
    contract = known(contracts, object)
    with tempfile.TemporaryDirectory(prefix="landfall-") as folder:
        path = Path(folder) / f"{contract.name}.csv"
        written = _written(frame, contract, path, quiet=quiet)
        if dry_run:
            return _checked(frame, contract, path, written)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST]
        landing = frame_key(contracts, contract, month=month, key=key, digest=digest)
        api = Api(deployment=find(bucket=True))
        status, before = send(api, path, landing, quiet=quiet)
    return replace(_loaded(frame, api, status, written), sent_before=before)


def _refuse_other(frame: Any) -> None:
    try:
        import pandas as pd
    except ImportError:
        raise absent("pandas is missing: pip install 'landfall[pandas]'") from None
    if not isinstance(frame, pd.DataFrame):
        raise FrameError(f"a {type(frame).__name__} is no DataFrame of pandas: convert it first")


def _written(frame: pd.DataFrame, contract: Contract, path: Path, *, quiet: bool) -> FrameFile:
    with Meter(quiet=quiet) as meter, path.open("wb") as out:
        text = f"writing {len(frame):,} rows"
        return write_frame(frame, contract, out, lambda rows: meter.show(text, 100 * rows / len(frame)))


def _loaded(frame: pd.DataFrame, api: Api, status: Mapping[str, Any], written: FrameFile) -> Pushed:
    found = api.pages(f"/rejects/{segment(status['run_id'])}", "rejects", limit=200)
    faults = [_Fault(r["line"], r["column"], r["code"], r["reason"]) for r in found]
    problem = status["first_error"]
    return Pushed(
        state=status["state"],
        rows=status["rows"],
        rejects=_rejects(frame, faults, written),
        problem=f"{problem['message']} ({problem['code']})" if problem else "",
        run_id=status["run_id"],
        key=status["file"],
        status=status,
    )


def _checked(frame: pd.DataFrame, contract: Contract, path: Path, written: FrameFile) -> Pushed:
    rejects: list[Reject] = []
    try:
        with opened(path) as source:
            checked = check_file(source, contract, Outputs(reject=rejects.append))
    except Rejected as error:
        raise FrameError(error.message) from None
    refusal = checked.refusal
    first = rejects[0] if rejects else None
    problem = (refusal.message, refusal.code) if refusal else (first.reason, int(first.code)) if first else None
    return Pushed(
        state="REJECTED" if refusal else ACCEPTED,
        rows={
            "read": checked.read,
            "good": checked.good,
            "rejected": checked.rejected,
            "duplicate": checked.duplicate,
        },
        rejects=_rejects(frame, [_Fault(r.line, r.column, int(r.code), r.reason) for r in rejects], written),
        problem=f"{problem[0]} ({problem[1]})" if problem else "",
    )


def _rejects(frame: pd.DataFrame, faults: Sequence[_Fault], written: FrameFile) -> pd.DataFrame:
    """Return the frame's rows that have faults, each with its fault."""
    found = frame.iloc[[written.row_of(fault.line) for fault in faults]].copy()
    own = Counter(map(str, frame.columns))
    for place, name in enumerate(REASONS):
        if not own[name]:
            found.insert(place, name, _values(faults, place + 1))
    return found


def _values(faults: Iterable[_Fault], place: int) -> list[Any]:
    return [fault[place] for fault in faults]
