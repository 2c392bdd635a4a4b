"""Runs the staging engine over a local file: each chunk in turn, as a worker would, without storing anything.

Records, rejects and chunks are the same as in a run of the file with the same chunk size. Memory is bounded: a few
blocks and some tens of MB of hashes. Rejects are passed on at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.config import Settings
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.tally import Tally, total
from chalicelib.domain.decode.encodings import Repairs
from chalicelib.domain.file.books import placed, refuse_wrong_books
from chalicelib.domain.formats.format import Cuts, Totals
from chalicelib.domain.formats.registry import format_of
from chalicelib.domain.formats.sizes import refuse_size, usual_chunk
from chalicelib.domain.raw.bytesource import ByteSource, Range, until
from chalicelib.domain.run.changes import RunChanges
from chalicelib.domain.run.duplicate_keys import DUPLICATE_KEYS, RepeatedKeys, line_of
from chalicelib.domain.run.model import Counts, Problem
from chalicelib.domain.run.rejects import Reject
from chalicelib.domain.staging.block import Block
from chalicelib.domain.staging.stage import ChunkSummary, stage_chunk
from chalicelib.errors import Rejected
from chalicelib.transforms.rules import rules_of
from landfall.check.duplicates import Duplicates
from landfall.check.repeated import Repeated, first_repeat
from landfall.localfile import LocalFile, as_text


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Callbacks for the results of a file while it is read."""

    reject: Callable[[Reject], None]
    """Receives a bad row. Its line is counted from the start of the file."""
    unexplained: Callable[[Mapping[int, int]], None] = lambda _codes: None
    """Receives the count by code of further bad rows, whose records are not kept."""
    begin: Callable[[ByteSource, Contract, Cuts], None] = lambda _text, _contract, _cuts: None
    """Receives the file's text and its layout before the rows."""
    good: Callable[[ByteSource, Block], None] | None = None
    """Receives a block with some good rows, and the text in which they stand."""
    progress: Callable[[int], None] = lambda _read: None
    """Receives the number of bytes done so far."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A file that was read to its end."""

    object: str
    read: int
    good: int
    rejected: int
    duplicate: int
    chunks: tuple[ChunkSummary, ...]
    refusal: Rejected | None
    """Why its run would be REJECTED: more bad rows than the contract allows, or a key twice where it forbids that."""
    left_out: Tally
    """Parts of the file that are not rows, by kind (`LeftOut`)."""
    altered: Tally
    """Values of good rows that differ from the file, by kind (`Altered`)."""
    left_to_load: tuple[str, ...] = ()
    """Names of the contract's data checks: SQL that only the warehouse can evaluate."""


def check_file(
    source: LocalFile,
    contract: Contract,
    outputs: Outputs,
    chunk_bytes: int | None = None,
    totals: Totals | None = None,
) -> Checked:
    """Check a file against a contract, in chunks of `chunk_bytes` or as in a run. Raises Rejected for its header.

    `totals` is what its side file announces.
    """
    refuse_size(source.size, contract.limits)
    repairs = Repairs()
    with as_text(source, contract.as_read, repairs) as text:
        checked = _check(text, contract, _paced(outputs, source, text), chunk_bytes, totals)
    left_out, altered = total([checked.left_out, repairs.left_out]), total([checked.altered, repairs.altered])
    return replace(checked, left_out=left_out, altered=altered)


def _paced(outputs: Outputs, source: LocalFile, text: LocalFile) -> Outputs:
    """Scale the progress: the engine counts bytes of the text, the caller bytes of the file."""
    if text is source:
        return outputs
    return replace(outputs, progress=lambda done: outputs.progress(done * source.size // text.size))


def _check(
    source: LocalFile, contract: Contract, outputs: Outputs, chunk_bytes: int | None, totals: Totals | None
) -> Checked:
    size = chunk_bytes or usual_chunk(contract, Settings.chunk_mb)
    cuts = format_of(contract).cut(source, contract.as_read, size)
    cuts = replace(cuts, totals=totals or cuts.totals)
    outputs.begin(source, contract.as_read, cuts)
    reader = _Reader(source, contract, cuts, outputs)
    with Duplicates() as duplicates, Repeated(contract) as repeated:
        chunks = tuple(reader.chunks(cuts, duplicates, repeated))
        duplicate = duplicates.count()
        first = first_repeat(source, reader.rules, contract, repeated) if duplicate else None
    counts = Counts(
        read=sum(c.rows_read for c in chunks),
        good=sum(c.rows_good for c in chunks),
        rejected=sum(c.rows_rejected for c in chunks),
        duplicate=duplicate,
    )
    left_out = total([cuts.left_out, *(c.left_out for c in chunks)])
    return Checked(
        object=contract.name,
        read=counts.read,
        good=counts.good,
        rejected=counts.rejected,
        duplicate=counts.duplicate,
        chunks=chunks,
        refusal=_refusal(
            contract, cuts, chunks, {"counts": counts, "problem": _problem(reader.first), "left_out": left_out}
        )
        or _repeated(source, contract, chunks, cuts, duplicate, first),
        left_out=left_out,
        altered=total(c.altered for c in chunks),
        left_to_load=tuple(check.name for check in contract.checks),
    )


class _Reader:
    """Reads the chunks of one file in order, so that each starts where the one before it really ended."""

    def __init__(self, source: LocalFile, contract: Contract, cuts: Cuts, outputs: Outputs) -> None:
        self.source, self.outputs, self.cells = source, outputs, cuts.cells
        self.rules = replace(rules_of(contract, cuts.layout, checked=True), lineage=False)
        self.first: Reject | None = None

    def chunks(self, cuts: Cuts, duplicates: Duplicates, repeated: Repeated) -> Iterator[ChunkSummary]:
        start, lines = cuts.header.data_start, cuts.header.lines
        records = until(self.source, cuts.ranges[-1].stop if cuts.ranges else start)
        for planned in cuts.ranges:
            summary = ChunkSummary.of(chunk := Range(start=start, stop=max(start, planned.stop)))
            for block in stage_chunk(records, chunk, self.rules, hash_keys=True):
                self._hand_on(block, lines, duplicates)
                repeated.add(block)
                summary = summary.plus(block)
            yield summary
            start, lines = summary.end, lines + summary.lines

    def _hand_on(self, block: Block, lines: int, duplicates: Duplicates) -> None:
        for reject in block.rejects:
            shifted = placed(reject, lines, self.cells)
            self.first = self.first or shifted
            self.outputs.reject(shifted)
        if block.unexplained:
            self.outputs.unexplained(block.unexplained)
        if self.outputs.good and block.rows_good:
            self.outputs.good(self.source, block)
        if block.key_hashes is not None:
            duplicates.add(block.key_hashes)
        self.outputs.progress(block.end)


def _problem(first: Reject | None) -> Problem | None:
    return first.problem() if first else None


def _refusal(contract: Contract, cuts: Cuts, chunks: Sequence[ChunkSummary], books: RunChanges) -> Rejected | None:
    try:
        refuse_wrong_books(contract.as_read, cuts.totals, [chunk.sums for chunk in chunks], books)
    except Rejected as refusal:
        return refusal
    return None


def _repeated(
    source: LocalFile, contract: Contract, chunks: Sequence[ChunkSummary], cuts: Cuts, rows: int, first: int | None
) -> Rejected | None:
    """Return the refusal of a file whose row at byte `first` has the key of an earlier row."""
    if first is None:
        return None
    found, lines = RepeatedKeys(rows=rows, first=first, key=contract.key), cuts.header.lines
    for chunk in chunks:
        if chunk.end > first:
            line = line_of(source, contract, chunk.start, lines, first)
            return Rejected(found.message(line), code=DUPLICATE_KEYS, line=line, byte_offset=first, column=found.column)
        lines += chunk.lines
    return None
