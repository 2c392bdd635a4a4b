"""The rows of a part, as COPY counts them, and the part without some of them."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator

from backports import zstd

from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.pipeline.staging import ZSTD_LEVEL

PIECE_BYTES = 1 << 20


def rows_at(part: bytes, quote: bytes, lines: Collection[int]) -> dict[int, bytes]:
    """Return the rows that COPY names by these lines, in one pass.

    COPY names a line. It is the row's number, too, only if no row before it has a line end in a text. A row of which
    that is not certain is left out.
    """
    found, last = dict[int, bytes](), max(lines, default=0)
    for number, (begins, row) in enumerate(_rows(part, quote), 1):
        if number in lines and begins == number:
            found[number] = row
        if number >= last or begins != number:
            break
    return found


def without(part: bytes, quote: bytes, offsets: Collection[int]) -> Iterator[bytes]:
    """Yield the pieces of a part without the rows at these byte offsets of the file."""
    yield from _packed(row for _, row in _rows(part, quote) if offset_of(row) not in offsets)


def offset_of(row: bytes) -> int:
    """Return the byte offset that a staged row has after its mark."""
    return int(row[MARK_LENGTH + 1 :].partition(row[MARK_LENGTH : MARK_LENGTH + 1])[0])


def _rows(part: bytes, quote: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the rows of a part, each with the line that it begins on."""
    row, begins = b"", 1
    with zstd.open(io.BytesIO(part)) as lines:
        for number, line in enumerate(lines, 1):
            row += line
            if row.count(quote) % 2 == 0:
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
