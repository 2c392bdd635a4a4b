"""What is around the values of a JSON file: a byte order mark, blanks, the brackets of an array."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass

from chalicelib.domain.decode.file_kind import markup_kind
from chalicelib.domain.raw.bytesource import ByteSource
from chalicelib.errors import Rejected

FIRST_BYTES = 64
"""Bytes of the first piece at an end of the file; each further piece has twice the size."""
MOST_PIECE_BYTES = 1 << 20
MOST_BYTES = 16 << 20
"""Most blanks that are skipped at an end of the file."""
BLANKS = b" \t\r\n"
SOLID = re.compile(rb"[^ \t\r\n]")
"""A byte that is no blank."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """Where the values of a file stand."""

    start: int
    """Byte offset of the first value; of the end if there is none."""
    end: int
    """Byte offset behind the last one and its blanks."""
    lines: int
    """Physical lines before the first value."""
    array: bool
    """They are in an array."""


def container(source: ByteSource) -> Container:
    """Find the values of a file. Raises Rejected if it is not JSON, or an array that does not end."""
    mark = len(BOM_UTF8) if source.read(0, len(BOM_UTF8)) == BOM_UTF8 else 0
    start, lines = _solid(source, mark, source.size)
    first = source.read(start, 1)
    if first == b"[":
        end = _closing(source, start)
        start, more = _solid(source, start + 1, end)
        return Container(start=start, end=end, lines=lines + more, array=True)
    if first not in (b"{", b""):
        kind = markup_kind(source.read(start, min(FIRST_BYTES, source.size - start)))
        what = f"is {kind.name}, not" if kind else "begins with neither { nor [, so it is not"
        message = f'the file {what} JSON; send JSON, or set the contract\'s format to "csv" if it is CSV'
        raise Rejected(message, code="WRONG_FORMAT", line=1)
    return Container(start=start, end=source.size, lines=lines, array=False)


def _solid(source: ByteSource, at: int, end: int) -> tuple[int, int]:
    """Return the offset of the first byte from `at` on that is no blank, and the line ends before it."""
    lines, piece, begin = 0, FIRST_BYTES, at
    while at < end:
        text = source.read(at, min(piece, end - at))
        found = SOLID.search(text)
        lines += text.count(b"\n", 0, found.start() if found else len(text))
        at += found.start() if found else len(text)
        if found:
            break
        _refuse_blanks(at - begin, at)
        piece = min(2 * piece, MOST_PIECE_BYTES)
    return at, lines


def _closing(source: ByteSource, start: int) -> int:
    """Return the offset of the bracket that closes the array at `start`. Raises Rejected if the file lacks it."""
    at, piece = source.size, FIRST_BYTES
    while at > start + 1:
        begin = max(start + 1, at - piece)
        text = source.read(begin, at - begin).rstrip(BLANKS)
        if text:
            at = begin + len(text)
            if text.endswith(b"]"):
                return at - 1
            break
        at, piece = begin, min(2 * piece, MOST_PIECE_BYTES)
        _refuse_blanks(source.size - at, at)
    message = "the file begins with [ but does not end with ]: it may be cut; send it again as a whole"
    raise Rejected(message, code="UNCLOSED_ARRAY", byte_offset=at)


def _refuse_blanks(seen: int, at: int) -> None:
    if seen > MOST_BYTES:
        raise Rejected(
            f"the file has over {MOST_BYTES} blanks in a row; remove them", code="WRONG_FORMAT", byte_offset=at
        )
