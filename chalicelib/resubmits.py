"""Rejected rows that come back mended: they become a file of their own, and a run that merges them.

Guarantees that only rows are taken that the named load of the file rejected, and that the same rows twice are the same
run. That a row is mended once, whatever is sent later, the warehouse sees to (etl.mends).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.contract import Contract
from chalicelib.domain.filing import FilePlan
from chalicelib.domain.lineage import Places
from chalicelib.domain.mending import MendedRow, columns_of, mended_file, still_broken, still_masked, too_long
from chalicelib.domain.model import Mends, Run, RunState, digest
from chalicelib.errors import LandfallError, WorkGone
from chalicelib.pipeline import Pipeline
from chalicelib.questions import BadRequest, MendOrder
from chalicelib.reject_pages import rejects_at
from chalicelib.reruns import rerun

NAMED = 5
"""The most rows that a refusal names."""


class NotMendable(LandfallError):
    """These rows cannot be merged as they were sent; nothing of them is."""

    code = "NOT_MENDABLE"


def resubmit(pipeline: Pipeline, run: Run, order: MendOrder) -> Run:
    """Start the run that merges these rows, or find it. Raises NotMendable, BadRequest, Retryable."""
    run = _whose_rejects(pipeline, run, order)
    contract = pipeline.contracts.get(run.object)
    if contract is None:
        raise NotMendable(f"there is no contract {run.object} any more; deploy it again")
    plan = plan_of(pipeline, run, contract)
    columns = columns_of(contract, plan)
    rows = _as_asked(order, columns)
    chunks = pipeline.runs.chunks(run.run_id, run.generation)
    found = rejects_at(pipeline.objects, run, chunks, set(rows))
    _refuse_strangers(set(rows) - set(found))
    mended = [MendedRow(byte_offset=offset, line=found[offset]["line"], values=rows[offset]) for offset in sorted(rows)]
    _refuse_masked(run, contract, columns, mended)
    _refuse_broken_text(run, found, mended)
    return _start(pipeline, run, contract, columns, mended)


def plan_of(pipeline: Pipeline, run: Run, contract: Contract) -> FilePlan | None:
    """How the run's file was read; None if it cannot be told any more, or the contract has changed since."""
    if run.fingerprint != contract.fingerprint:
        return None
    try:
        return FilePlan.from_json(pipeline.objects.get(run.source.bucket, keys.plan(run)))
    except WorkGone:
        return None


def _whose_rejects(pipeline: Pipeline, run: Run, order: MendOrder) -> Run:
    """The file that the rows were rejected from, as it was then. Raises NotMendable."""
    if run.mends:
        run = pipeline.runs.get(run.mends.run_id) or run
    if run.state is not RunState.LOADED:
        way = "mend it as a whole and put it there again" if run.state is RunState.REJECTED else "run it again"
        then = f"; {way}" if run.state.terminal else ""
        raise NotMendable(f"the file is {run.state.value}: only of a LOADED one can single rows be mended{then}")
    if run.generation != order.generation:
        raise NotMendable(
            f"these rows are of generation {order.generation} of the file, and it was run again: its rejects are those "
            f"of generation {run.generation}; ask for them anew",
            code="STALE_REJECTS",
        )
    return run


def _as_asked(order: MendOrder, columns: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Values in the order of `columns`, by the byte their row starts at. Raises BadRequest."""
    missing, unknown = sorted(set(columns) - set(order.columns)), sorted(set(order.columns) - set(columns))
    if missing or unknown:
        what = f'lacks "{missing[0][:64]}"' if missing else f'has "{unknown[0][:64]}"'
        raise BadRequest(f'"columns" {what}; the columns of the file\'s rejects are {", ".join(columns)}')
    places = [order.columns.index(name) for name in columns]
    return {offset: tuple(values[place] for place in places) for offset, values in order.rows.items()}


def _refuse_strangers(offsets: set[int]) -> None:
    if offsets:
        raise NotMendable(f"no row was rejected that starts at byte {_some(sorted(offsets))}", code="NO_SUCH_REJECT")


def _refuse_masked(run: Run, contract: Contract, columns: Sequence[str], rows: Sequence[MendedRow]) -> None:
    found = ((row.line, still_masked(contract, dict(zip(columns, row.values, strict=True)))) for row in rows)
    masked = [(line, name) for line, name in found if name]
    if masked:
        lines = _lines_of(run, [line for line, _ in masked])
        what = "write its value there, or leave the row out"
        raise NotMendable(f"{masked[0][1]} is still masked in {lines}: {what}", code="MASKED_VALUE")


def _refuse_broken_text(run: Run, found: Mapping[int, Mapping[str, Any]], rows: Sequence[MendedRow]) -> None:
    """What was not UTF-8 is shown as \\xhh: to take that for the value would load a text that nobody wrote."""
    same = [row.line for row in rows if still_broken(found[row.byte_offset], row.values)]
    if same:
        raise NotMendable(
            f"{_lines_of(run, same)} still has \\xhh in place of bytes that are no UTF-8: write what they are to be, "
            "or leave the row out"
        )


def _lines_of(run: Run, lines: Sequence[int]) -> str:
    """In the file that the rows were rejected from: in the table that was sent they have others."""
    return f"line {_some(lines)} of {run.source.name}"


def _some(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    return ", ".join(map(str, numbers[:NAMED])) + more


# ---- start ---------------------------------------------------------------------------------------------------------


def _start(pipeline: Pipeline, run: Run, contract: Contract, columns: Sequence[str], rows: Sequence[MendedRow]) -> Run:
    """Write the rows down, then record their run: a run that is recorded has its file."""
    try:
        body, places = mended_file(contract, columns, rows)
    except UnicodeEncodeError as error:
        raise BadRequest('"values" hold half a character (a lone surrogate)') from error
    if long := too_long(contract, places, len(body)):
        raise NotMendable(f"the row of {_lines_of(run, [long.line])} is longer than limits.max_record_bytes")
    where = Places(places)
    name = digest("mend", run.load_id, body.decode(), where.to_json().decode())
    if known := pipeline.runs.get(name):
        return _go_on(pipeline, known, contract)
    bucket, key = run.source.bucket, keys.mended(run, name)
    pipeline.objects.put(bucket, keys.places(key), where.to_json())
    pipeline.objects.put(bucket, key, body)
    now = pipeline.clock.now()
    fresh = Run(
        run_id=name,
        object=run.object,
        source=pipeline.objects.head(bucket, key),
        state=RunState.ARRIVED,
        arrived_at=now,
        updated_at=now,
        moments={RunState.ARRIVED.value: now},
        mends=Mends(run_id=run.run_id, generation=run.generation, source_order=run.source_order),
    )
    pipeline.runs.create(fresh, None)  # no other run has its key
    pipeline.queue.send_run(name)
    return fresh


def _go_on(pipeline: Pipeline, known: Run, contract: Contract) -> Run:
    """The same rows again: nothing new, unless what kept some of them out may be mended: a fault, or the contract."""
    judged_anew = known.counts.rejected and known.fingerprint != contract.fingerprint
    if known.finished and (known.state is not RunState.LOADED or judged_anew):
        return rerun(pipeline, known)
    pipeline.nudge(known)
    return known
