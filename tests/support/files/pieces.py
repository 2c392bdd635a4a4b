"""Files without a header, staged in pieces that may be cut anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.tally import total
from chalicelib.domain.raw.bytesource import InMemory, Range
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules


@dataclass(frozen=True)
class Staged:
    """What comes of a file."""

    good: bytes
    rejects: list[tuple[int, int, int, str, bytes]]
    """Line, byte offset, code, reason and record."""
    end: int
    left_out: dict[str, int]
    altered: dict[str, int]


def staged(data: bytes, agreed: Contract, *, cuts: tuple[int, ...] = (), block: int = 1 << 20) -> Staged:
    """Stage a file in chunks that are planned at these offsets."""
    source, rules = InMemory(data), compile_rules(agreed, Layout(columns=agreed.columns))
    at, line, good, rejects = 0, 0, b"", list[tuple[int, int, int, str, bytes]]()
    left_out, altered = [], []
    for stop in (*cuts, len(data)):
        lines = 0
        for done in stage_chunk(source, Range(start=at, stop=max(at, stop)), rules, block_bytes=block):
            at, good, lines = done.end, good + bytes(done.good), lines + done.lines
            left_out.append(done.left_out)
            altered.append(done.altered)
            rejects += [(r.line + line, r.byte_offset, r.code, r.reason, r.record) for r in done.rejects]
        line += lines
    return Staged(good=good, rejects=rejects, end=at, left_out=total(left_out), altered=total(altered))
