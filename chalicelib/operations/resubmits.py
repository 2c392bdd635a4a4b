"""Resubmit corrected rows: they become a file of their own, and a run that merges them.

Guarantees that only rows that the named load of the file rejected are accepted, and that the same rows twice are the
same run. The warehouse guarantees that a row is corrected once, with any later requests (etl.corrections).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.file.corrections import (
    CorrectedRow,
    columns_of,
    corrected_file,
    still_broken,
    still_masked,
    too_long,
)
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.run import keys
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.lineage import RowOrigins
from chalicelib.domain.run.model import Correction, Run, RunState
from chalicelib.errors import LandfallError, WorkGone
from chalicelib.operations.commands import BadRequest, ResubmitRequest
from chalicelib.operations.reject_pages import rejects_at
from chalicelib.operations.reruns import rerun
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.pipeline import Pipeline
from chalicelib.visible import first_of

NAMED = 5
"""The most rows that an error names."""


class NotCorrectable(LandfallError):
    """These rows cannot be merged as they were sent; none of them is merged."""

    code = "NOT_CORRECTABLE"


def resubmit(pipeline: Pipeline, run: Run, order: ResubmitRequest) -> Run:
    """Start the run that merges these rows, or find it. Return it. Raises NotCorrectable, BadRequest, Retryable."""
    run = _rejected_file(pipeline, run, order)
    contract = pipeline.ctx.contracts.get(run.object)
    if contract is None:
        raise NotCorrectable(f"the contract {run.object} no longer exists; deploy it again")
    plan = plan_of(pipeline.ctx, run, contract)
    columns = columns_of(contract, plan)
    rows = _in_column_order(order, columns)
    chunks = pipeline.ctx.chunks.of_run(run.run_id, run.generation)
    found = rejects_at(pipeline.ctx.objects, run, chunks, set(rows))
    _refuse_unknown(set(rows) - set(found))
    corrected = [
        CorrectedRow(byte_offset=offset, line=found[offset]["line"], values=rows[offset]) for offset in sorted(rows)
    ]
    _refuse_masked(run, contract, columns, corrected)
    _refuse_broken_text(run, found, corrected)
    return _start(pipeline, run, contract, columns, corrected)


def plan_of(ctx: Context, run: Run, contract: Contract) -> FilePlan | None:
    """Return the plan of the run's file; None if it is deleted, or the contract has changed since."""
    if run.fingerprint != contract.fingerprint:
        return None
    try:
        return FilePlan.from_json(ctx.objects.get(run.source.bucket, keys.plan(run)))
    except WorkGone:
        return None


def _rejected_file(pipeline: Pipeline, run: Run, order: ResubmitRequest) -> Run:
    """Return the run of the file that rejected the rows, in the same generation. Raises NotCorrectable."""
    if run.corrects:
        run = pipeline.ctx.runs.get(run.corrects.run_id) or run
    if run.state is not RunState.LOADED:
        way = "fix the whole file and upload it again" if run.state is RunState.REJECTED else "run it again"
        then = f"; {way}" if run.state.terminal else ""
        raise NotCorrectable(f"the file is {run.state.value}: you can correct single rows only if it is LOADED{then}")
    if run.generation != order.generation:
        raise NotCorrectable(
            f"these rows are of generation {order.generation} of the file, which was run again: its rejects are now "
            f"those of generation {run.generation}; list them again",
            code="STALE_REJECTS",
        )
    return run


def _in_column_order(order: ResubmitRequest, columns: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Return the values in the order of `columns`, by the byte offset of their row. Raises BadRequest."""
    missing, unknown = sorted(set(columns) - set(order.columns)), sorted(set(order.columns) - set(columns))
    if missing or unknown:
        what = f'lacks "{missing[0][:64]}"' if missing else f'has "{unknown[0][:64]}"'
        raise BadRequest(f'"columns" {what}; the columns of the file\'s rejects are {", ".join(columns)}')
    positions = [order.columns.index(name) for name in columns]
    return {offset: tuple(values[position] for position in positions) for offset, values in order.rows.items()}


def _refuse_unknown(offsets: set[int]) -> None:
    if offsets:
        raise NotCorrectable(
            f"no rejected row starts at byte {first_of(sorted(offsets), NAMED)}; list the rejects again",
            code="NO_SUCH_REJECT",
        )


def _refuse_masked(run: Run, contract: Contract, columns: Sequence[str], rows: Sequence[CorrectedRow]) -> None:
    found = ((row.line, still_masked(contract, dict(zip(columns, row.values, strict=True)))) for row in rows)
    masked = [(line, name) for line, name in found if name]
    if masked:
        lines = _lines_of(run, [line for line, _ in masked])
        what = "write its value, or leave the row out"
        raise NotCorrectable(f"{masked[0][1]} is still masked in {lines}: {what}", code="MASKED_VALUE")


def _refuse_broken_text(run: Run, found: Mapping[int, Mapping[str, Any]], rows: Sequence[CorrectedRow]) -> None:
    """Refuse rows that still show bytes as \\xhh: they would load a text that the sender never wrote."""
    same = [row.line for row in rows if still_broken(found[row.byte_offset], row.values)]
    if same:
        raise NotCorrectable(
            f"{_lines_of(run, same)} still has \\xhh in place of bytes that are not UTF-8: write the right characters, "
            "or leave the row out"
        )


def _lines_of(run: Run, lines: Sequence[int]) -> str:
    """Return the rows' lines in the file that rejected them; the table that was sent has other line numbers."""
    return f"line {first_of(lines, NAMED)} of {run.source.name}"


# ---- start ---------------------------------------------------------------------------------------------------------


def _start(
    pipeline: Pipeline, run: Run, contract: Contract, columns: Sequence[str], rows: Sequence[CorrectedRow]
) -> Run:
    """Write the rows, then record their run, so that a recorded run has its file."""
    try:
        body, origins = corrected_file(contract, columns, rows)
    except UnicodeEncodeError as error:
        raise BadRequest('"values" has half a character (a lone surrogate); send whole characters') from error
    if long := too_long(contract, origins, len(body)):
        raise NotCorrectable(f"the row of {_lines_of(run, [long.line])} is longer than limits.max_record_bytes")
    row_origins = RowOrigins(origins)
    name = digest("fix", run.load_id, body.decode(), row_origins.to_json().decode())
    if known := pipeline.ctx.runs.get(name):
        return _continue_run(pipeline, known, contract)
    bucket, key = run.source.bucket, keys.corrected(run, name)
    pipeline.ctx.objects.put(bucket, keys.row_origins(key), row_origins.to_json())
    pipeline.ctx.objects.put(bucket, key, body)
    now = pipeline.ctx.clock.now()
    fresh = Run(
        run_id=name,
        object=run.object,
        source=pipeline.ctx.objects.head(bucket, key),
        state=RunState.ARRIVED,
        arrived_at=now,
        updated_at=now,
        moments={RunState.ARRIVED.value: now},
        corrects=Correction(run_id=run.run_id, generation=run.generation, source_order=run.source_order),
    )
    pipeline.ctx.runs.create(fresh, None)  # no other run has its key
    pipeline.ctx.queue.send_run(name)
    return fresh


def _continue_run(pipeline: Pipeline, known: Run, contract: Contract) -> Run:
    """Return the run of the same rows. Run it again if the fault that kept rows out may be fixed."""
    rules_changed = known.counts.rejected and known.fingerprint != contract.fingerprint
    if known.finished and (known.state is not RunState.LOADED or rules_changed):
        return rerun(pipeline, known)
    outcomes.enqueue(pipeline.ctx, known)
    return known
