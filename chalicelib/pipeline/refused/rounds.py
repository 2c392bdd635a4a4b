"""Rows that COPY refuses although the check passed them: they become rejects, and the rest of the file is loaded.

Guarantees that each good row of the check is in exactly one part or among the rejects, so that the books balance. A
round writes only keys of its own. So a worker that does a round again after a crash writes the same objects, and a slow
worker overwrites nothing of a later round. A round is a change of the run's record: until then nothing has happened.

Does not promise to find a row. If the line that COPY names may be another row's, the file FAILS, and the message names
line, column and code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.file.books import refuse_if_too_bad
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.run import keys
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.lifecycle import after_failed_load
from chalicelib.domain.run.model import Chunk, Problem, Run
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.errors import Broken, ContractChanged, LandfallError, LoadFailed, Rejected
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.refused.copy_refused import CopyRefused, failed
from chalicelib.pipeline.refused.row_finder import RefusedRow, RowFinder
from chalicelib.pipeline.refused.staged_part import without


def after_refusal(ctx: Context, run: Run, failure: LandfallError, size: int) -> RunChanges | None:
    """Return the changes of a run that waits again after a load of `size` runs had no effect; None if it must end.

    Raises LoadFailed or Rejected if it must end because of its own rows. Raises Retryable.
    """
    if not isinstance(failure, CopyRefused):
        return after_failed_load(run, failure, size, ctx.settings.max_load_attempts)
    own = failure.of(run)
    try:
        return _Round.of(ctx, run).without(own) if own else {}
    except (LoadFailed, Rejected):
        raise
    except ContractChanged:
        return {}  # it waits, and its own message restarts it
    except Broken as error:  # an object of it is gone
        raise failed(own[0], error.message) from error


@dataclass(frozen=True, kw_only=True)
class _Round:
    """One round for one run: the rows that COPY refused this time are taken out of its parts."""

    ctx: Context
    run: Run
    finder: RowFinder

    @classmethod
    def of(cls, ctx: Context, run: Run) -> _Round:
        """Return the next round of a run. Raises ContractChanged, WorkGone."""
        contract = outcomes.contract_of(ctx, run)
        plan = FilePlan.from_json(ctx.objects.get(run.source.bucket, keys.plan(run)))
        chunks = sorted(ctx.chunks.of_run(run.run_id, run.generation), key=lambda chunk: chunk.number)
        return cls(ctx=ctx, run=run, finder=RowFinder(ctx=ctx, run=run, contract=contract, plan=plan, chunks=chunks))

    @property
    def number(self) -> int:
        return self.run.copy_rounds + 1

    def without(self, faults: Sequence[CopyFault]) -> RunChanges:
        """Take rows out, and return the changes of the run. Raises LoadFailed, Rejected, Broken, Retryable."""
        if self.number > self.ctx.settings.copy_rounds:
            [found] = self.finder.found(faults[:1])
            why = f"rows were taken out of the file {self.run.copy_rounds} times, and COPY refuses more"
            raise failed(faults[0], why, line=found.reject.line if found else None)
        before, new = self._known(), self._must_find(faults)
        fresh = {f.reject.byte_offset: f for f in new if f.reject.byte_offset not in before}
        refused = {**before, **fresh}
        self._put(keys.refused(self.run, self.number), json.dumps([f.to_json() for f in refused.values()]).encode())
        self._write_rejects(fresh.values())
        entries = [
            {"url": url, "mandatory": True} for chunk in self.finder.chunks if (url := self._part(chunk, refused))
        ]
        self._put(keys.manifest(self.run, self.number), json.dumps({"entries": entries}).encode())
        counts = self.run.counts
        counts = replace(counts, good=counts.good - len(fresh), rejected=counts.rejected + len(fresh))
        problem = _first([*([self.run.problem] if self.run.problem else []), *(f.reject.problem() for f in new)])
        refuse_if_too_bad(self.finder.contract, counts, problem, accepted=bool(self.run.accepted_by))
        return {"counts": counts, "problem": problem, "copy_rounds": self.number}

    def _put(self, key: str, body: bytes) -> None:
        self.ctx.objects.put(self.run.source.bucket, key, body)

    def _get(self, key: str) -> bytes:
        return self.ctx.objects.get(self.run.source.bucket, key)

    def _must_find(self, faults: Sequence[CopyFault]) -> list[RefusedRow]:
        """Return the rows that COPY names. Raises LoadFailed if one cannot be identified."""
        found = self.finder.found(faults)
        lost = next((fault for fault, row in zip(faults, found, strict=True) if row is None), None)
        if lost:
            raise failed(lost, "the row of the file cannot be identified")
        return [row for row in found if row]

    def _known(self) -> dict[int, RefusedRow]:
        """Return the rows of the rounds before, by byte offset."""
        if self.number == 1:
            return {}
        entries = json.loads(self._get(keys.refused(self.run, self.number - 1)))
        return {found.reject.byte_offset: found for found in map(RefusedRow.from_json, entries)}

    def _write_rejects(self, found: Iterable[RefusedRow]) -> None:
        """Write the round's rejects, by chunk. Pages of rejects list them after the others of their chunk."""
        by_chunk: dict[int, list[Reject]] = {}
        for one in found:
            by_chunk.setdefault(one.chunk, []).append(one.reject)
        for number, rejects in by_chunk.items():
            ordered = sorted(rejects, key=lambda reject: reject.byte_offset)
            lines = "".join(f"{reject.to_json()}\n" for reject in ordered)
            self._put(keys.refused_rejects(self.run, number, self.number), lines.encode())

    def _part(self, chunk: Chunk, refused: dict[int, RefusedRow]) -> str:
        """Return the URL of a chunk's part without the refused rows; empty if no row is left."""
        bucket = self.run.source.bucket
        offsets = {offset for offset, found in refused.items() if found.chunk == chunk.number}
        if not offsets:
            return f"s3://{bucket}/{chunk.part}" if chunk.part else ""
        if len(offsets) == chunk.good:
            return ""
        key = keys.part_without(chunk, self.number)
        self.ctx.objects.upload(bucket, key, without(self._get(chunk.part), self.finder.contract, offsets))
        return f"s3://{bucket}/{key}"


def _first(problems: Sequence[Problem]) -> Problem:
    return min(problems, key=lambda problem: problem.line or 0)
