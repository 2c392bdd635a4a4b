"""Messages for a load that the warehouse refused: what to fix, and where."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from chalicelib.domain.file.books import line_bases
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.run import keys
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.duplicate_keys import RepeatedKeys, line_of
from chalicelib.domain.run.lineage import RowOrigins
from chalicelib.domain.run.load_errors import BROKEN_CHECK, DATA_CHECK, FAILED_CHECK, meaning
from chalicelib.domain.run.model import Run
from chalicelib.domain.warehouse.column_fit import explain_ahead
from chalicelib.domain.warehouse.statement import Statement
from chalicelib.errors import Broken, LandfallError, LoadFailed, Refused, Retryable, WorkGone
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.outcomes import contract_of
from chalicelib.pipeline.refused.copy_refused import copy_refused
from chalicelib.pipeline.refused.rounds import after_refusal
from chalicelib.pipeline.staging import StoredBytes
from chalicelib.pipeline.unpack import Landed, Pieces


def failure_of(ctx: Context, statement: Statement, runs: Sequence[Run]) -> LandfallError:
    """Return the error of a statement whose load of these runs is not in the ledger. Raises Retryable."""
    if statement.failed_for_good:
        with suppress(Refused):  # the warehouse does not show its load errors: the load failed all the same
            faults = ctx.warehouse.copy_faults(statement.copy_id) if statement.copy_id else []
            if refused := copy_refused(faults, runs):
                return refused
        found = meaning(statement.error)
        return LoadFailed(statement.error, code=LoadFailed.code if found.retryable else found.code)
    return Retryable(statement.error or f"the statement is {statement.state.value}, and the ledger has nothing of it")


def changes_after(ctx: Context, run: Run, failure: LandfallError, size: int) -> RunChanges:
    """Return the changes of a run that waits again after a load of `size` runs had no effect.

    Raises LoadFailed, Rejected if the run must end. Raises Retryable.
    """
    changes = after_refusal(ctx, run, failure, size)
    if changes is None:
        raise load_failed(ctx, run, failure)
    return changes


def load_failed(ctx: Context, run: Run, failure: LandfallError) -> LoadFailed:
    """Return the error that ends a run whose load had no effect because of that failure. Raises Retryable.

    For repeated keys it points at the first such row; a part of the file is read again to find it. The file is refused
    either way. If it cannot be read any more, the message has no line.
    """
    repeated = RepeatedKeys.read(failure.message)
    if not repeated:
        code = LoadFailed.code if isinstance(failure, Retryable) else failure.code
        words = _of_check(ctx, run, failure.message) if code == DATA_CHECK else ""
        words = words or _of_columns(ctx, run, failure.message) or _of_broken_check(ctx, run, failure.message)
        return LoadFailed(words or failure.message + _hint(code, failure.message), code=code)
    try:
        line = _line(ctx, run, repeated.first)
    except Broken:
        line = None
    message = repeated.message(line)
    return LoadFailed(message, code=failure.code, line=line, byte_offset=repeated.first, column=repeated.column)


def _of_check(ctx: Context, run: Run, error: str) -> str:
    """Return the finding of a data check, with its condition, which shows the rows to look for."""
    found = FAILED_CHECK.search(error)
    if not found:
        return ""
    contract = ctx.contracts.get(run.object)
    conditions = [check.bad_rows for check in contract.checks if check.name == found[1]] if contract else []
    rows = f"{int(found[2]):,} rows" if found[2] != "1" else "1 row"
    which = f"for which {' '.join(conditions[0].split())}" if conditions else "that must not be"
    return f'the data check "{found[1]}" finds {rows} {which}; fix the file, or the check'


def _of_columns(ctx: Context, run: Run, error: str) -> str:
    """The columns that cannot hold what the contract allows, with the DDL for them."""
    contract = ctx.contracts.get(run.object)
    return explain_ahead(contract, error) if contract else ""


def _of_broken_check(ctx: Context, run: Run, error: str) -> str:
    """Return which data check the warehouse could not evaluate.

    The warehouse's own text may hold a row's value, and is left out.
    """
    found = BROKEN_CHECK.search(error)
    if not found:
        return ""
    contract = ctx.contracts.get(run.object)
    checks = dict(enumerate(contract.checks, 1)) if contract else {}
    check = checks.get(int(found[1])) if found[1] != "?" else None
    which = f'the data check "{check.name}"' if check else "a data check"
    return (
        f"{which} cannot be evaluated on these rows: a cast or a function in it fails, or something is missing;"
        " fix the check. `landfall migrate` names a fault of its SQL; for other faults, the warehouse's words are in"
        " sys_query_history"
    )


def _hint(code: str, message: str) -> str:
    """Return the next step after a failure, if its message does not name it."""
    found = meaning(message)
    hint = found.hint if found.code == code else "run the file again" if code == WorkGone.code else ""
    return f"; {hint}" if hint and hint not in message else ""


def _line(ctx: Context, run: Run, offset: int) -> int | None:
    """Return the line on which the record at that byte starts. Raises Broken, Retryable."""
    if run.corrects:  # the offset is one in the file that the rows were rejected from
        origins = RowOrigins.from_json(ctx.objects.get(run.source.bucket, keys.row_origins(run.source.key)))
        return dict(zip(origins.byte_offsets.tolist(), origins.lines.tolist(), strict=True)).get(offset)
    contract = contract_of(ctx, run)
    file_plan = FilePlan.from_json(ctx.objects.get(run.source.bucket, keys.plan(run)))
    text = Pieces(ctx.objects, run, file_plan.text) if file_plan.text else Landed(ctx.objects, run.reads or run.source)
    chunks = sorted(ctx.chunks.of_run(run.run_id, run.generation), key=lambda chunk: chunk.number)
    for chunk, before in line_bases(file_plan, chunks):
        if chunk.start <= offset < chunk.end:
            return line_of(StoredBytes(text), contract, chunk.start, before, offset)
    return None
