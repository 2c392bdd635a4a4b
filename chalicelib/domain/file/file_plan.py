"""A file's plan: its columns and cuts, kept in S3 beside its parts. Also its chunk tasks and its share of a load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.cells import Cells
from chalicelib.domain.formats.format import Totals
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.model import Chunk, ChunkTask, Run, SourceObject
from chalicelib.domain.warehouse.load import Share


@dataclass(frozen=True, kw_only=True)
class Text:
    """The unpacked text of a file: in pieces, numbered from 1, of equal size except the last."""

    size: int
    """Bytes in all."""
    piece: int
    """Bytes of each piece."""

    def spans(self, start: int, length: int) -> Iterator[tuple[int, int, int]]:
        """Yield the spans of bytes [start, start + length): a piece's number, an offset in it, a number of bytes."""
        stop = min(start + length, self.size)
        while start < stop:
            number, begin = divmod(start, self.piece)
            size = min(self.piece - begin, stop - start)
            yield number + 1, begin, size
            start += size


@dataclass(frozen=True, kw_only=True)
class FilePlan:
    """The plan for reading one file."""

    columns: tuple[str, ...]
    """The contract's columns in the order of the file's header."""
    header_lines: int
    """Physical lines before the first record."""
    ranges: tuple[Range, ...]
    """The chunks, in order; none if the file has no record."""
    text: Text | None = None
    """The text that the ranges count in, if not the file itself."""
    rescued: tuple[tuple[int, str], ...] = ()
    """Index and header name of each column that is not in the contract but is kept."""
    header: tuple[str, ...] = ()
    """The names in the file's header."""
    head_lines: tuple[str, ...] = ()
    """The lines behind the file's header that the contract skips."""
    totals: Totals | None = None
    """What the file's trailer, or its side file, announces of its rows."""
    side_file: SourceObject | None = None
    """The version of the side file that has them."""
    left_out: dict[str, int] = field(default_factory=dict, hash=False)
    """Parts of the file outside its ranges, by kind (`LeftOut`)."""
    altered: dict[str, int] = field(default_factory=dict, hash=False)
    """What was altered when the file became UTF-8 text, by kind (`Altered`)."""
    cells: Cells | None = None
    """Names of the cells, if the file is a workbook."""
    corrected: bool = False
    """Whether the file has corrected rows: its rejects have the lines and offsets of the file that rejected them."""

    def layout(self, contract: Contract) -> Layout:
        """Return the file's columns."""
        return Layout.of(contract.as_read, self.columns, self.rescued, self.header, self.head_lines)

    def staged_columns(self, contract: Contract) -> tuple[str, ...]:
        """Return the names of the columns of staged rows: a transform returns all columns of the contract."""
        return tuple(column.name for column in contract.columns) if contract.transform else self.columns

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
            rescued=tuple((index, name) for index, name in fields.get("rescued", ())),
            header=tuple(fields.get("header", ())),
            head_lines=tuple(fields.get("head_lines", ())),
            totals=Totals(**fields["totals"]) if fields.get("totals") else None,
            side_file=SourceObject(**fields["side_file"]) if fields.get("side_file") else None,
            cells=Cells(**fields["cells"]) if fields.get("cells") else None,
            left_out=fields.get("left_out", {}),
            altered=fields.get("altered", {}),
            corrected=fields.get("corrected", False),
        )


def chunk_task(run: Run, file_plan: FilePlan, number: int, record: Chunk | None) -> ChunkTask:
    """Return the message for a chunk: from its planned start, or from the start in its record."""
    planned = file_plan.ranges[number - 1]
    start = record.start if record else planned.start
    return ChunkTask(run_id=run.run_id, generation=run.generation, number=number, start=start, stop=planned.stop)


def shape(contract: Contract, columns: Sequence[str]) -> str:
    """Return a digest that is equal for files that one COPY can load."""
    return digest(contract.fingerprint, *columns)


def share(run: Run) -> Share:
    """Return a sealed run's share of its load."""
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
