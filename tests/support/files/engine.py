"""Drives the engine as the workers do, and puts the outcome in the reference's words."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.dialect import NULL_WORD, Dialect, Empty
from chalicelib.domain.contract.tally import LeftOut, total
from chalicelib.domain.file.books import first_gap
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.formats.csv.header import match_header, read_header
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.formats.csv.tail import tail
from chalicelib.domain.raw.bytesource import Range, until
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.staging.block import Block
from chalicelib.domain.staging.stage import ChunkSummary, stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from tests.support.files import reference
from tests.support.files.pythons_csv import Row


@dataclass
class Memory:
    """A source in memory that notes what was read of it."""

    data: bytes
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        assert 0 <= start <= self.size
        self.reads.append((start, length))
        return self.data[start : start + length]


def text(length: int = 8) -> ColumnType:
    return ColumnType(kind=TypeName.VARCHAR, length=length)


def contract(*columns: Column, longest: int = 1 << 20, lineage: bool = False, **more: object) -> Contract:
    limits = Limits(max_record_bytes=longest)
    dialect = more.pop("dialect", Dialect())
    key = more.pop("key", ())
    return Contract(
        name="things", schema="s", table="t", lands_at=("in/*.csv",), columns=columns, limits=limits,
        lineage=lineage, dialect=dialect, key=key, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def header_of(things: Contract) -> bytes:
    return things.dialect.delimiter.join(column.name for column in things.columns).encode() + b"\n"


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A file after all its chunks were staged and the chain was corrected."""

    good: bytes
    rejects: list[Reject]
    summaries: list[ChunkSummary]
    repaired: int


def stage_range(
    source: Memory, things: Contract, chunk: Range, block_bytes: int
) -> tuple[ChunkSummary, bytes, list[Reject]]:
    head = read_header(source, things.dialect, things.limits)
    layout = replace(match_header(things, head.fields), head_lines=head.head_lines)
    summary, good, rejects = ChunkSummary.of(chunk), bytearray(), []
    records = until(source, tail(source, chunk.start, things.dialect, things.limits).start)
    for block in stage_chunk(records, chunk, compile_rules(things, layout), block_bytes=block_bytes):
        assert_adds_up(block, summary)
        summary = summary.plus(block)
        good += block.good
        rejects += block.rejects
    return summary, bytes(good), rejects


def assert_adds_up(block: Block, summary: ChunkSummary) -> None:
    assert block.start == summary.end
    assert block.rows_read == block.rows_good + len(block.rejects)
    assert bytes(block.good).endswith(b"\n") == bool(block.rows_good)


def stage_file(
    data: bytes, things: Contract, chunk_bytes: int, block_bytes: int = 1 << 20, guesses: Sequence[int] | None = None
) -> Staged:
    """Every planned chunk on its own, as parallel workers would, then the chain, then the rows in order.

    With `guesses` the file is cut there, in place of where the splitter says.
    """
    source = Memory(data)
    header = read_header(source, things.dialect, things.limits)
    records = until(source, tail(source, header.data_start, things.dialect, things.limits).start)
    planned = plan_chunks(records, header.data_start, chunk_bytes, things.dialect, things.limits)
    if guesses is not None:
        planned = tuple(Range(start=a, stop=b) for a, b in pairwise([header.data_start, *guesses, len(data)]))
    done = [stage_range(source, things, chunk, block_bytes) for chunk in planned]
    repaired = 0
    while wrong := gap_of(planned, [summary for summary, _, _ in done]):
        place, start = wrong
        done[place] = stage_range(source, things, Range(start=start, stop=planned[place].stop), block_bytes)
        repaired += 1
    lines, rejects = header.lines, []
    for summary, _, found in done:
        rejects += [reject.shifted(lines) for reject in found]
        lines += summary.lines
    return Staged(
        good=b"".join(good for _, good, _ in done),
        rejects=rejects,
        summaries=[summary for summary, _, _ in done],
        repaired=repaired,
    )


def gap_of(planned: Sequence[Range], summaries: Sequence[ChunkSummary]) -> tuple[int, int] | None:
    """The place of the first chunk that does not start where it should, and where that is: as the pipeline finds it."""
    file_plan = FilePlan(columns=(), header_lines=1, ranges=tuple(planned))
    wrong = first_gap(file_plan, summaries)  # type: ignore[arg-type]  (all it asks of a chunk is start and end)
    return (summaries.index(wrong[0]), wrong[1]) if wrong else None  # type: ignore[arg-type]


def assert_as_reference(data: bytes, things: Contract, staged: Staged) -> None:
    """Good rows, rejects, counts and ends are the reference's."""
    start = read_header(Memory(data), things.dialect, things.limits).data_start
    expected = reference.read(data, start, things)
    good = [o for o in expected if o.code is None]
    bad = [o for o in expected if o.code not in (None, -1)]
    assert [(r.line, r.byte_offset, r.code or 1, r.column, r.record) for r in staged.rejects] == [
        (o.line, o.start, o.code, o.column, o.raw) for o in bad
    ]
    assert staged.good == b"".join(as_copied(data, o, things) for o in good)
    if things.dialect.quote == '"' and all(len(o.raw) for o in good):
        assert len(staged_values(staged, things.dialect)) == len(good)
    assert sum(s.rows_read for s in staged.summaries) == len(good) + len(bad)
    assert sum(s.rows_good for s in staged.summaries) == len(good)
    blank = {LeftOut.BLANK_LINES: sum(o.code == -1 for o in expected)}
    assert total(s.left_out for s in staged.summaries) == total([blank])
    assert sum(s.bytes for s in staged.summaries) == len(data) - start
    assert sum(s.lines for s in staged.summaries) == len(io.BytesIO(data[start:]).readlines())
    assert [s.start for s in staged.summaries] == [start, *(s.end for s in staged.summaries)][: len(staged.summaries)]


def as_copied(data: bytes, record: reference.Outcome | Row, things: Contract) -> bytes:
    """A good record as COPY must get it."""
    return reference.staged(record.raw, data[record.start + len(record.raw) : record.end], things)


def staged_values(staged: Staged, dialect: Dialect) -> list[tuple[str, ...]]:
    """The good rows as Python's csv reads them, which knows the dialect of COPY only."""
    lines = io.StringIO(staged.good.decode("utf-8", "surrogateescape"), newline="")
    reader = csv.reader(lines, delimiter=dialect.staged_delimiter, quotechar=dialect.staged_quote, strict=True)
    return [tuple(row) for row in reader]


def as_staged(value: bytes | None, dialect: Dialect) -> str:
    """A value as it stands in a staged row."""
    if value is None:
        return NULL_WORD if dialect.empty is Empty.TEXT else ""
    return value.decode("utf-8", "surrogateescape")
