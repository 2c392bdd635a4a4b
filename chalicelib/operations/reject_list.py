"""The rejects of a file's newest load, in the form for corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.file.corrections import Splitter, columns_of
from chalicelib.domain.file.undelivered import is_undelivered
from chalicelib.domain.run.model import Run, RunState
from chalicelib.operations.commands import PageQuery
from chalicelib.operations.lookup import found
from chalicelib.operations.reject_pages import reject_page
from chalicelib.operations.resubmits import plan_of
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.corrections import corrected_offsets


@dataclass(frozen=True, kw_only=True)
class RejectList:
    """A page of rejects, and the run and columns that their corrections must name."""

    run: Run
    columns: Sequence[str]
    """The columns of each row's values."""
    rejects: Sequence[Mapping[str, Any]] = ()
    """Each with its `values` by column, or None if the contract has changed since."""
    cursor: str = ""
    note: str = ""
    """The reason if there are no rejects."""


def list_rejects(ctx: Context, name: str, query: PageQuery) -> RejectList:
    """List a page of the rejects of a run, named by run id, key or file name. Raises NotFound, Refused (BAD_CURSOR)."""
    run = found(ctx, name)
    contract = ctx.contracts.get(run.object)
    plan = plan_of(ctx, run, contract) if contract else None
    columns = columns_of(contract, plan) if contract else ()
    if not sealed(run):
        note = "this load has no rejects" if run.state.terminal else "rejects are listed once all chunks are staged"
        return RejectList(run=run, columns=columns, note=note)
    if contract and is_undelivered(contract, run.source.key):
        contract = replace(contract, format=FileFormat.JSON)  # no other form names the columns of a record
    split = Splitter(contract, plan) if contract and plan else None

    def shown(reject: dict[str, Any]) -> dict[str, Any]:
        return {**reject, "values": split.values(reject["record"]) if split else None}

    corrected = corrected_offsets(ctx.objects, run)
    page = reject_page(ctx.objects, run, shown, cursor=query.cursor, limit=query.limit, without=corrected)
    return RejectList(run=run, columns=columns, rejects=page.rejects, cursor=page.cursor)


def sealed(run: Run) -> bool:
    """Return whether the rejects of this load are all written, with lines counted from the start of the file."""
    too_many = run.problem is not None and run.problem.code == "TOO_MANY_REJECTS"
    return RunState.STAGED.value in run.moments or (run.state is RunState.REJECTED and too_many)
