"""A file's plan: what was learnt from its head and its cuts, kept in S3 beside the parts it leads to, and what
follows from it: the chunks to be staged and the share of a load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run.model import Chunk, ChunkTask, Run, digest
from chalicelib.domain.warehouse.load import Share


@dataclass(frozen=True, kw_only=True)
class Text:
    """A file's text where it had to be written anew: in pieces, numbered from 1, of the same size but the last."""

    size: int
    """Bytes in all."""
    piece: int
    """Bytes of each piece."""

    def spans(self, start: int, length: int) -> Iterator[tuple[int, int, int]]:
        """Where bytes [start, start + length) are: a piece's number, an offset in it, and how many bytes from there."""
        stop = min(start + length, self.size)
        while start < stop:
            number, begin = divmod(start, self.piece)
            size = min(self.piece - begin, stop - start)
            yield number + 1, begin, size
            start += size


@dataclass(frozen=True, kw_only=True)
class FilePlan:
    """How one file is read."""

    columns: tuple[str, ...]
    """The contract's columns in the order of the file's header."""
    header_lines: int
    """Physical lines before the first record."""
    ranges: tuple[Range, ...]
    """The chunks, in order; none if the file has no record."""
    text: Text | None = None
    """What the ranges count in, if not the file itself."""
    rescued: tuple[tuple[int, str], ...] = ()
    """Place in the file and header name of columns that the contract does not know, but keeps."""
    corrected: bool = False
    """The file is one of corrected rows: its rejects have the lines and offsets of the file they come from."""

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> FilePlan:
        fields = json.loads(text)
        return cls(
            columns=tuple(fields["columns"]),
            header_lines=fields["header_lines"],
            ranges=tuple(Range(**r) for r in fields["ranges"]),
            text=Text(**fields["text"]) if fields.get("text") else None,
            rescued=tuple((place, name) for place, name in fields.get("rescued", ())),
            corrected=fields.get("corrected", False),
        )


def chunk_task(run: Run, file_plan: FilePlan, number: int, record: Chunk | None) -> ChunkTask:
    """The message for a chunk: from where it was planned to start, or from where its record was moved to."""
    planned = file_plan.ranges[number - 1]
    start = record.start if record else planned.start
    return ChunkTask(run_id=run.run_id, generation=run.generation, number=number, start=start, stop=planned.stop)


def shape(contract: Contract, columns: Sequence[str]) -> str:
    """What files must have in common to be loaded by one COPY."""
    return digest(contract.fingerprint, *columns)


def share(run: Run) -> Share:
    """What a sealed run brings to its load."""
    return Share(
        load_id=run.load_id,
        run_id=run.run_id,
        source_order=run.source_order,
        bucket=run.source.bucket,
        key=run.source.key,
        rows_read=run.counts.read,
        rows_good=run.counts.good,
        rows_rejected=run.counts.rejected,
        corrects=run.corrects.load_id if run.corrects else "",
    )
