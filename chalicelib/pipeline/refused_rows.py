"""Rows that COPY refuses although the check passed them: they become rejects, and the rest of the file is loaded.

Guarantees that each good row of the check is in exactly one part or among the rejects, so that the books balance. A
round writes only keys of its own. So a worker that does a round again after a crash writes the same objects, and a slow
worker overwrites nothing of a later round. A round is a change of the run's record: until then nothing has happened.

Does not promise to find a row. If the line that COPY names may be another row's, the file FAILS, and the message names
line, column and code.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backports import zstd

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.file.books import line_bases, placed, refuse_if_too_bad
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.raw.bytesource import ByteSource, Range, until
from chalicelib.domain.run import keys
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.duplicate_keys import line_of
from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.domain.run.lifecycle import after_failed_load
from chalicelib.domain.run.model import Chunk, Problem, Run
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.errors import Broken, ContractChanged, LandfallError, LoadFailed, Rejected
from chalicelib.pipeline import outcomes
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.staging import ZSTD_LEVEL, StoredBytes
from chalicelib.pipeline.unpack import Landed, Pieces

RECORD_BYTES = 4096
"""Size of the first read of a row that is read again."""
PIECE_BYTES = 1 << 20


class CopyRefused(LoadFailed):
    """COPY refused some rows of the load. Runs whose rows are not among them wait for another load."""

    def __init__(self, faults: Sequence[CopyFault]) -> None:
        super().__init__(f"COPY refused {len(faults)} rows of the load")
        self.faults = faults

    def of(self, run: Run) -> list[CopyFault]:
        """Return the faults of a run's rows."""
        return [fault for fault in self.faults if fault.file.startswith(_folder(run))]


def copy_refused(faults: Sequence[CopyFault], runs: Sequence[Run]) -> CopyRefused | None:
    """Return the error of a load whose COPY refused rows of these runs; None if it refused none of theirs."""
    refused = CopyRefused(faults)
    return refused if any(map(refused.of, runs)) else None


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
        raise _failed(own[0], error.message) from error


def _folder(run: Run) -> str:
    return f"s3://{run.source.bucket}/{keys.processed(run)}"


def _failed(fault: CopyFault, why: str, *, line: int | None = None) -> LoadFailed:
    where = f"line {line}" if line else f"line {fault.line} of {fault.file}"
    column = f", column {fault.column}" if fault.column else ""
    return LoadFailed(f"{where}{column} {fault.reason}; {why}", line=line, column=fault.column)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A refused row that was found."""

    chunk: int
    reject: Reject
    """With its line in the file."""

    def to_json(self) -> dict[str, Any]:
        return {"chunk": self.chunk, "reject": self.reject.to_json()}

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> _Found:
        return cls(chunk=entry["chunk"], reject=Reject.from_json(entry["reject"]))


@dataclass(frozen=True, kw_only=True)
class _Round:
    """One round for one run: the rows that COPY refused this time are taken out of its parts."""

    ctx: Context
    run: Run
    contract: Contract
    plan: FilePlan
    chunks: Sequence[Chunk]

    @classmethod
    def of(cls, ctx: Context, run: Run) -> _Round:
        """Return the next round of a run. Raises ContractChanged, WorkGone."""
        contract = outcomes.contract_of(ctx, run)
        plan = FilePlan.from_json(ctx.objects.get(run.source.bucket, keys.plan(run)))
        chunks = sorted(ctx.chunks.of_run(run.run_id, run.generation), key=lambda chunk: chunk.number)
        return cls(ctx=ctx, run=run, contract=contract, plan=plan, chunks=chunks)

    @property
    def number(self) -> int:
        return self.run.copy_rounds + 1

    def without(self, faults: Sequence[CopyFault]) -> RunChanges:
        """Take rows out, and return the changes of the run. Raises LoadFailed, Rejected, Broken, Retryable."""
        if self.number > self.ctx.settings.copy_rounds:
            found = self._found(faults[0])
            why = f"rows were taken out of the file {self.run.copy_rounds} times, and COPY refuses more"
            raise _failed(faults[0], why, line=found.reject.line if found else None)
        before, new = self._known(), [self._must_find(fault) for fault in faults]
        fresh = {f.reject.byte_offset: f for f in new if f.reject.byte_offset not in before}
        refused = {**before, **fresh}
        self._put(keys.refused(self.run, self.number), json.dumps([f.to_json() for f in refused.values()]).encode())
        self._write_rejects(fresh.values())
        entries = [{"url": url, "mandatory": True} for chunk in self.chunks if (url := self._part(chunk, refused))]
        self._put(keys.manifest(self.run, self.number), json.dumps({"entries": entries}).encode())
        counts = self.run.counts
        counts = replace(counts, good=counts.good - len(fresh), rejected=counts.rejected + len(fresh))
        problem = _first([*([self.run.problem] if self.run.problem else []), *(f.reject.problem() for f in new)])
        refuse_if_too_bad(self.contract, counts, problem, accepted=bool(self.run.accepted_by))
        return {"counts": counts, "problem": problem, "copy_rounds": self.number}

    def _put(self, key: str, body: bytes) -> None:
        self.ctx.objects.put(self.run.source.bucket, key, body)

    def _get(self, key: str) -> bytes:
        return self.ctx.objects.get(self.run.source.bucket, key)

    def _known(self) -> dict[int, _Found]:
        """Return the rows of the rounds before, by byte offset."""
        if self.number == 1:
            return {}
        entries = json.loads(self._get(keys.refused(self.run, self.number - 1)))
        return {found.reject.byte_offset: found for found in map(_Found.from_json, entries)}

    def _write_rejects(self, found: Iterable[_Found]) -> None:
        """Write the round's rejects, by chunk. Pages of rejects list them after the others of their chunk."""
        by_chunk: dict[int, list[Reject]] = {}
        for one in found:
            by_chunk.setdefault(one.chunk, []).append(one.reject)
        for number, rejects in by_chunk.items():
            ordered = sorted(rejects, key=lambda reject: reject.byte_offset)
            lines = "".join(f"{reject.to_json()}\n" for reject in ordered)
            self._put(keys.refused_rejects(self.run, number, self.number), lines.encode())

    def _part(self, chunk: Chunk, refused: dict[int, _Found]) -> str:
        """Return the URL of a chunk's part without the refused rows; empty if no row is left."""
        bucket = self.run.source.bucket
        offsets = {offset for offset, found in refused.items() if found.chunk == chunk.number}
        if not offsets:
            return f"s3://{bucket}/{chunk.part}" if chunk.part else ""
        if len(offsets) == chunk.good:
            return ""
        key = keys.part_without(chunk, self.number)
        rows = (row for _, row in self._rows(chunk.part) if _offset(row) not in offsets)
        self.ctx.objects.upload(bucket, key, _packed(rows))
        return f"s3://{bucket}/{key}"

    def _rows(self, key: str) -> Iterator[tuple[int, bytes]]:
        """Yield the rows of a part, each with the line that it begins on."""
        quote = self.contract.dialect.staged_quote.encode()
        row, begins = b"", 1
        with zstd.open(io.BytesIO(self._get(key))) as lines:
            for number, line in enumerate(lines, 1):
                row += line
                if row.count(quote) % 2 == 0:
                    yield begins, row
                    row, begins = b"", number + 1

    # ---- which row it is --------------------------------------------------------------------------------------------

    def _must_find(self, fault: CopyFault) -> _Found:
        """Return the row that COPY names. Raises LoadFailed if it cannot be identified."""
        if found := self._found(fault):
            return found
        raise _failed(fault, "the row of the file cannot be identified")

    def _found(self, fault: CopyFault) -> _Found | None:
        """Return the row that COPY names; None if it cannot be identified.

        COPY names a line. It is the row's number, too, only if no row before it has a line end in a text.
        """
        key = fault.file.removeprefix(f"s3://{self.run.source.bucket}/")
        chunk = next((chunk for chunk in self.chunks if chunk.part and keys.is_part_of(chunk, key)), None)
        if chunk is None or self.run.corrects or not self.contract.lineage:
            return None
        for number, (begins, row) in enumerate(self._rows(key), 1):
            if number == fault.line:
                own = begins == number and row.startswith(self.run.mark.encode())
                return _Found(chunk=chunk.number, reject=self._reject(chunk, _offset(row), fault)) if own else None
        return None

    def _reject(self, chunk: Chunk, offset: int, fault: CopyFault) -> Reject:
        """Read a row of the file again, and return it as a reject."""
        stored = Pieces(self.ctx.objects, self.run, self.plan.text) if self.plan.text else self._landed()
        source = StoredBytes(stored)
        [reject] = self._judged(until(source, self.plan.ranges[-1].stop), offset, fault)
        before = {c.number: lines for c, lines in line_bases(self.plan, self.chunks)}[chunk.number]
        line = line_of(source, self.contract, chunk.start, before, offset)
        return placed(replace(reject, line=line), 0, self.plan.cells)

    def _landed(self) -> ByteSource:
        return Landed(self.ctx.objects, self.run.reads or self.run.source)

    def _judged(self, source: ByteSource, offset: int, fault: CopyFault) -> Sequence[Reject]:
        """Return the reject of one row, as the check would have made it."""
        from chalicelib.domain.staging.refused import refusing  # numpy: only this needs it
        from chalicelib.domain.staging.stage import stage_chunk
        from chalicelib.domain.staging.validate import compile_rules

        rules = compile_rules(self.contract, Layout.of(self.contract, self.plan.columns, self.plan.rescued))
        rules = refusing(rules, fault.column, fault.code, fault.reason)
        blocks = stage_chunk(source, Range(start=offset, stop=offset + 1), rules, block_bytes=RECORD_BYTES)
        return [reject for block in blocks for reject in block.rejects]


def _offset(row: bytes) -> int:
    """Return the byte offset that a staged row has after its mark."""
    return int(row[MARK_LENGTH + 1 :].partition(row[MARK_LENGTH : MARK_LENGTH + 1])[0])


def _packed(rows: Iterable[bytes]) -> Iterator[bytes]:
    packer = zstd.ZstdCompressor(level=ZSTD_LEVEL)
    held = bytearray()
    for row in rows:
        held += row
        if len(held) >= PIECE_BYTES:
            yield packer.compress(bytes(held))
            held.clear()
    yield packer.compress(bytes(held))
    yield packer.flush()


def _first(problems: Sequence[Problem]) -> Problem:
    return min(problems, key=lambda problem: problem.line or 0)
