"""A whole file through the engine in one process, chunk by chunk: what `landfall check` does on a laptop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chalicelib.domain.block import Block
from chalicelib.domain.bytesource import ByteSource, Range
from chalicelib.domain.contract import Contract
from chalicelib.domain.header import Header, Layout, match_header, read_header
from chalicelib.domain.rejects import Reject
from chalicelib.domain.split import plan_chunks
from chalicelib.domain.stage import BLOCK_BYTES, ChunkSummary, stage_chunk
from chalicelib.domain.swar import Words
from chalicelib.domain.validate import compile_rules


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """What is in a file. rows_read = rows_good + rows_rejected."""

    header: Header
    layout: Layout
    chunks: tuple[ChunkSummary, ...]
    """In order; each starts where the one before it ends."""
    moved: int
    """Chunks that did not start where they were planned."""
    rows_duplicate: int | None
    """Good rows beyond the first of each key; None if they were not counted."""

    @property
    def rows_read(self) -> int:
        """The header not counted."""
        return sum(chunk.rows_read for chunk in self.chunks)

    @property
    def rows_good(self) -> int:
        """Those with a key that an earlier row has are among them."""
        return sum(chunk.rows_good for chunk in self.chunks)

    @property
    def rows_rejected(self) -> int:
        return sum(chunk.rows_rejected for chunk in self.chunks)

    @property
    def blank(self) -> int:
        """Blank lines."""
        return sum(chunk.blank for chunk in self.chunks)


def check_file(
    source: ByteSource,
    contract: Contract,
    *,
    chunk_bytes: int,
    on_reject: Callable[[Reject], None] | None = None,
    on_block: Callable[[Block], None] | None = None,
    count_duplicates: bool = True,
    block_bytes: int = BLOCK_BYTES,
) -> FileReport:
    """Plan a file, stage every chunk from where the one before it ended, and add up. Raises Rejected for its header.

    Rejects are handed on one by one with their lines counted from the start of the file. Memory is a few blocks; with
    `count_duplicates` 8 bytes per good row are added.
    """
    header = read_header(source, contract.dialect, contract.limits)
    layout = match_header(contract, header.fields)
    rules = compile_rules(contract, layout)
    planned = plan_chunks(source, header.data_start, chunk_bytes, contract.dialect, contract.limits)
    chunks: list[ChunkSummary] = []
    hashes: list[Words] = []
    end, lines = header.data_start, header.lines
    for plan in planned:
        chunk = Range(start=end, stop=plan.stop)
        summary = ChunkSummary.of(chunk)
        for block in stage_chunk(source, chunk, rules, block_bytes=block_bytes, hash_keys=count_duplicates):
            summary = summary.plus(block)
            _hand_on(block, lines, on_block, on_reject)
            if block.key_hashes is not None:
                hashes.append(block.key_hashes)
        chunks.append(summary)
        end, lines = summary.end, lines + summary.lines
    return FileReport(
        header=header,
        layout=layout,
        chunks=tuple(chunks),
        moved=sum(chunk.start != plan.start for chunk, plan in zip(chunks, planned, strict=True)),
        rows_duplicate=_repeats(hashes) if count_duplicates else None,
    )


def _hand_on(
    block: Block, lines: int, on_block: Callable[[Block], None] | None, on_reject: Callable[[Reject], None] | None
) -> None:
    if on_block:
        on_block(block)
    if on_reject:
        for reject in block.rejects:
            on_reject(reject.shifted(lines))


def _repeats(hashes: list[Words]) -> int:
    """How many hashes are there beyond the first of each value."""
    if not hashes:
        return 0
    every = np.concatenate(hashes)
    return len(every) - len(np.unique(every))
