"""The rows of a part, as COPY counts them, and the part without some of them."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator

from backports import zstd

from chalicelib.domain.contract.contract import Contract, StageAs
from chalicelib.domain.staging.json_rows import offset_of
from chalicelib.pipeline.staging import ZSTD_LEVEL

PIECE_BYTES = 1 << 20


def rows_at(part: bytes, contract: Contract, lines: Collection[int]) -> dict[int, bytes]:
    """Return the rows that COPY names by these lines, in one pass.

    COPY names a line. It is the row's number, too, only if no row before it has a line end in a text. A row of which
    that is not certain is left out.
    """
    found, last = dict[int, bytes](), max(lines, default=0)
    for number, (begins, row) in enumerate(_rows(part, contract), 1):
        if number in lines and begins == number:
            found[number] = row
        if number >= last or begins != number:
            break
    return found


def without(part: bytes, contract: Contract, offsets: Collection[int]) -> Iterator[bytes]:
    """Yield the pieces of a part without the rows at these byte offsets of the file."""
    yield from _packed(row for _, row in _rows(part, contract) if offset_of(row) not in offsets)


def _rows(part: bytes, contract: Contract) -> Iterator[tuple[int, bytes]]:
    """Yield the rows of a part, each with the line that it begins on. In JSON each is a line."""
    quote = contract.dialect.staged_quote.encode()
    row, begins, by_line = b"", 1, contract.stage_as is StageAs.JSON
    with zstd.open(io.BytesIO(part)) as lines:
        for number, line in enumerate(lines, 1):
            row += line
            if by_line or row.count(quote) % 2 == 0:
                yield begins, row
                row, begins = b"", number + 1


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
