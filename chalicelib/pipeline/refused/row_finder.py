"""Finds in the file the rows that COPY names by lines of the parts, and makes their rejects.

Guarantees that a row is found only if it is certain to be the one that COPY means. A part and its chunk of the file
are read once for all of their rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.file.books import line_bases, placed
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.raw.bytesource import ByteSource, Range, until
from chalicelib.domain.run import keys
from chalicelib.domain.run.duplicate_keys import line_of
from chalicelib.domain.run.model import Chunk, Run
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.staging.json_rows import mark_of, offset_of
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.refused.staged_part import rows_at
from chalicelib.pipeline.staging import StoredBytes
from chalicelib.pipeline.unpack import Landed, Pieces

if TYPE_CHECKING:
    from chalicelib.domain.staging.validate import Rules

RECORD_BYTES = 4096
"""Size of the first read of a row that is read again."""


@dataclass(frozen=True, kw_only=True)
class RefusedRow:
    """A refused row that was found."""

    chunk: int
    reject: Reject
    """With its line in the file."""

    def to_json(self) -> dict[str, Any]:
        return {"chunk": self.chunk, "reject": self.reject.to_json()}

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> RefusedRow:
        return cls(chunk=entry["chunk"], reject=Reject.from_json(entry["reject"]))


@dataclass(frozen=True, kw_only=True)
class RowFinder:
    """Finds the rows of one run."""

    ctx: Context
    run: Run
    contract: Contract
    plan: FilePlan
    chunks: Sequence[Chunk]

    def found(self, faults: Sequence[CopyFault]) -> list[RefusedRow | None]:
        """Return the row of each fault; None if it cannot be identified."""
        by_file = dict[str, list[CopyFault]]()
        for fault in faults:
            by_file.setdefault(fault.file, []).append(fault)
        rows = dict[CopyFault, RefusedRow]()
        for file, own in by_file.items():
            rows |= self._rows_of(file, own)
        return [rows.get(fault) for fault in faults]

    def _rows_of(self, file: str, faults: Sequence[CopyFault]) -> dict[CopyFault, RefusedRow]:
        """Return the rows of one part, those that are certain."""
        key = file.removeprefix(f"s3://{self.run.source.bucket}/")
        chunk = next((c for c in self.chunks if c.part and keys.is_part_of(c, key)), None)
        if chunk is None or self.run.corrects or not self.contract.lineage:
            return {}
        part = self.ctx.objects.get(self.run.source.bucket, key)
        rows, mark = rows_at(part, self.contract, {fault.line for fault in faults}), self.run.mark.encode()
        certain = [(offset_of(row), f) for f in faults if (row := rows.get(f.line)) and mark_of(row) == mark]
        return {
            fault: RefusedRow(chunk=chunk.number, reject=reject)
            for fault, reject in self._rejects(chunk, sorted(certain, key=itemgetter(0)))
        }

    def _rejects(self, chunk: Chunk, faults: Sequence[tuple[int, CopyFault]]) -> Iterator[tuple[CopyFault, Reject]]:
        """Read rows of the file again, which begin at these offsets, and yield each as a reject."""
        from chalicelib.transforms.rules import rules_of  # numpy: only this needs it

        rules = rules_of(self.contract, self.plan.layout(self.contract))
        objects, run, text = self.ctx.objects, self.run, self.plan.text
        source = StoredBytes(Pieces(objects, run, text) if text else Landed(objects, run.reads or run.source))
        start, before = next((c.start, lines) for c, lines in line_bases(self.plan, self.chunks) if c is chunk)
        for offset, fault in faults:
            before = line_of(source, self.contract, start, before, offset) - 1
            start = offset
            [reject] = _judged(until(source, self.plan.ranges[-1].stop), rules, offset, fault)
            yield fault, placed(reject, before, self.plan.cells)


def _judged(source: ByteSource, rules: Rules, offset: int, fault: CopyFault) -> Sequence[Reject]:
    """Return the reject of one row, as the check would have made it."""
    from chalicelib.domain.staging.refused import refusing  # numpy: only this needs it
    from chalicelib.domain.staging.stage import stage_chunk

    rules = refusing(rules, fault.column, fault.code, fault.reason)
    blocks = stage_chunk(source, Range(start=offset, stop=offset + 1), rules, block_bytes=RECORD_BYTES)
    return [reject for block in blocks for reject in block.rejects]
