"""Finds in the file the rows that COPY names by lines of the parts, and makes their rejects.

Guarantees that a row is found only if it is certain to be the one that COPY means. Each part is read once for all of
its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.file.books import line_bases
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.raw.bytesource import ByteSource, Range, until
from chalicelib.domain.run import keys
from chalicelib.domain.run.duplicate_keys import line_of
from chalicelib.domain.run.model import Chunk, Run
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.pipeline.context import Context
from chalicelib.pipeline.refused.staged_part import offset_of, rows_at
from chalicelib.pipeline.staging import StoredBytes
from chalicelib.pipeline.unpack import Landed, Pieces

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
        lines = dict[str, set[int]]()
        for fault in faults:
            lines.setdefault(fault.file, set()).add(fault.line)
        rows = {file: self._rows_of(file, wanted) for file, wanted in lines.items()}
        return [self._row(fault, rows[fault.file].get(fault.line)) for fault in faults]

    def _rows_of(self, file: str, lines: set[int]) -> Mapping[int, bytes]:
        if self._chunk_of(file) is None or self.run.corrects or not self.contract.lineage:
            return {}
        part = self.ctx.objects.get(self.run.source.bucket, self._key(file))
        return rows_at(part, self.contract.dialect.staged_quote.encode(), lines)

    def _key(self, file: str) -> str:
        return file.removeprefix(f"s3://{self.run.source.bucket}/")

    def _chunk_of(self, file: str) -> Chunk | None:
        return next((c for c in self.chunks if c.part and keys.is_part_of(c, self._key(file))), None)

    def _row(self, fault: CopyFault, row: bytes | None) -> RefusedRow | None:
        chunk = self._chunk_of(fault.file)
        if chunk is None or row is None or not row.startswith(self.run.mark.encode()):
            return None
        return RefusedRow(chunk=chunk.number, reject=self._reject(chunk, offset_of(row), fault))

    def _reject(self, chunk: Chunk, offset: int, fault: CopyFault) -> Reject:
        """Read a row of the file again, and return it as a reject."""
        stored = Pieces(self.ctx.objects, self.run, self.plan.text) if self.plan.text else self._landed()
        source = StoredBytes(stored)
        [reject] = self._judged(until(source, self.plan.ranges[-1].stop), offset, fault)
        before = {c.number: lines for c, lines in line_bases(self.plan, self.chunks)}[chunk.number]
        return replace(reject, line=line_of(source, self.contract, chunk.start, before, offset))

    def _landed(self) -> ByteSource:
        return Landed(self.ctx.objects, self.run.reads or self.run.source)

    def _judged(self, source: ByteSource, offset: int, fault: CopyFault) -> Sequence[Reject]:
        """Return the reject of one row, as the check would have made it."""
        from chalicelib.domain.staging.refused import refusing  # numpy: only this needs it
        from chalicelib.domain.staging.stage import stage_chunk
        from chalicelib.transforms.rules import rules_of

        rules = rules_of(self.contract, self.plan.layout(self.contract))
        rules = refusing(rules, fault.column, fault.code, fault.reason)
        blocks = stage_chunk(source, Range(start=offset, stop=offset + 1), rules, block_bytes=RECORD_BYTES)
        return [reject for block in blocks for reject in block.rejects]
