"""The end of a file that is left out: its end-of-file mark, and its footer or its trailer.

It is read from the end, in pieces that grow, over at most MOST_BYTES.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import ControlTotals, Dialect, Trailer, Unit
from chalicelib.domain.contract.tally import LeftOut, Tally, total
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.record_reader import Found, RecordReader
from chalicelib.domain.formats.format import Totals
from chalicelib.domain.raw.bytesource import ByteSource, until
from chalicelib.errors import Rejected

FIRST_BYTES = 16_384
"""Bytes of the first piece; each further piece has twice the size."""
MOST_PIECE_BYTES = 1 << 20
MOST_BYTES = 16 << 20
"""Most bytes of the lines behind the last record."""
EOF_MARK = re.compile(rb"\x1a+\Z|(?:(?<=[\r\n])|\A)\x1a+[\r\n]+\Z")
"""The byte by which old systems end a text, or a last line of it, behind which only line ends follow."""


@dataclass(frozen=True, kw_only=True)
class Tail:
    """The end of a file."""

    start: int
    """Where the records end."""
    left_out: Tally = field(default_factory=dict)
    totals: Totals | None = None
    """What the trailer announces of the rows."""


def tail(source: ByteSource, start: int, dialect: Dialect, limits: Limits) -> Tail:
    """Find the end of the records, which begin at `start`. Raises Rejected."""
    marks = _marks(source, start) if dialect.eof_mark else b""
    records = until(source, source.size - len(marks))
    trailer = dialect.trailer
    found = _trailer(records, start, trailer, dialect, limits) if trailer else _footer(records, start, dialect)
    blank = max(0, marks.count(dialect.line_end) - 1)
    left_out = total([{LeftOut.EOF_MARKS: int(bool(marks)), LeftOut.BLANK_LINES: blank}, found.left_out])
    return Tail(start=found.start, left_out=left_out, totals=found.totals)


def _marks(source: ByteSource, start: int) -> bytes:
    """Return the bytes from an end-of-file mark on; none if there is no mark."""
    begin = max(start, source.size - FIRST_BYTES)
    found = EOF_MARK.search(source.read(begin, source.size - begin))
    return found[0] if found else b""


def _footer(source: ByteSource, start: int, dialect: Dialect) -> Tail:
    """Leave out the contract's number of physical lines, or all lines if there are fewer."""
    end, lines = source.size, 0
    if dialect.footer_lines:
        for line, _ in _lines(source, start, dialect):
            end, lines = line, lines + 1
            if lines == dialect.footer_lines:
                break
    return Tail(start=end, left_out={LeftOut.FOOTER_LINES: lines})


def _trailer(source: ByteSource, start: int, trailer: Trailer, dialect: Dialect, limits: Limits) -> Tail:
    """Find the trailer: the last line that is neither blank nor a comment. Raises Rejected."""
    behind, comment = Counter[str](), dialect.comment.encode()
    for line, text in _lines(source, start, dialect):
        if text.startswith(trailer.starts_with.encode()):
            totals = announced(fields_of_line(text, dialect, limits, trailer.widths), line, trailer)
            return Tail(start=line, left_out=total([{LeftOut.TRAILERS: 1}, behind]), totals=totals)
        if comment and text.startswith(comment):
            behind[LeftOut.COMMENTS] += 1
        elif text.strip():
            break
        else:
            behind[LeftOut.BLANK_LINES] += 1
    message = f"the last line is not a trailer that begins with {trailer.starts_with!r}: the file may be cut"
    raise Rejected(f"{message}; send it again as a whole, or fix dialect.trailer", code="TRAILER_MISSING")


def malformed(number: int, totals: Totals, fault: str = "is not a number") -> Rejected:
    """Return the refusal of a file with no number where the contract expects a total."""
    what = f"field {number} of the {totals.where} {fault}; fix"
    if totals.byte_offset is None:
        return Rejected(f"{what} the side file, or control_totals", code="CONTROL_TOTALS_MALFORMED")
    message = f"{what} the file's last line, or dialect.trailer"
    return Rejected(message, code="TRAILER_MALFORMED", byte_offset=totals.byte_offset)


def announced(values: Sequence[str], at: int | None, places: Trailer | ControlTotals) -> Totals:
    """Return what a line with totals announces of the rows. Raises Rejected."""
    by_number = dict(enumerate(values, 1))
    rows = by_number.get(places.count_field, "") if places.count_field else None
    sums = {name: by_number.get(number, "") for name, number in places.sum_fields}
    totals = Totals(rows=None, sums=sums, byte_offset=at)
    if missing := [n for n in (places.count_field, *(n for _, n in places.sum_fields)) if n > len(values)]:
        short = f"is missing: the line ends with field {len(values)}"
        raise malformed(missing[0], totals, short if values else "cannot be read: the line is not a record")
    if rows is not None and not re.fullmatch("[0-9]{1,18}", rows):
        raise malformed(places.count_field, totals)
    return replace(totals, rows=None if rows is None else int(rows))


def fields_of_line(line: bytes, dialect: Dialect, limits: Limits, widths: Sequence[int] = ()) -> list[str]:
    """Return the fields of a line with totals; none if it is not a record."""
    if widths:
        return [field.decode(errors="replace").strip() for field in pieces_of_line(line, dialect.unit, widths)]
    reader = RecordReader(dialect, limits)
    record = line.removesuffix(b"\r") + reader.newline
    found = BlockReader(reader, record, len(record), at_end=True).record(0)
    values = found.values if isinstance(found, Found) else []
    return [(value or b"").decode(errors="replace").strip() for value in values]


def pieces_of_line(line: bytes, unit: Unit, widths: Sequence[int]) -> list[bytes]:
    """Return the fields of a line by their widths; fewer if it ends before them."""
    text = line if unit is Unit.BYTES else line.decode("utf-8", "surrogateescape")
    starts = [start for start in accumulate(widths[:-1], initial=0) if start < len(text)]
    found = [text[start : start + width] for start, width in zip(starts, widths, strict=False)]
    return [one.encode("utf-8", "surrogateescape") if isinstance(one, str) else one for one in found]


def _records(source: ByteSource, start: int, length: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records without line ends from the last one, which may be short, back to `start`."""
    at = source.size
    while at > start:
        _refuse_far(source, at)
        begin = start + (at - 1 - start) // length * length
        yield begin, source.read(begin, at - begin)
        at = begin


def _refuse_far(source: ByteSource, at: int) -> None:
    if source.size - at > MOST_BYTES:
        message = f"the lines behind the last row have over {MOST_BYTES} bytes; check dialect.footer_lines"
        raise Rejected(message, code="FOOTER_TOO_LONG", byte_offset=at)


def _lines(source: ByteSource, start: int, dialect: Dialect) -> Iterator[tuple[int, bytes]]:
    """Yield the physical lines from the last one back to `start`: the offset of each, and its text without its end.

    Raises Rejected beyond MOST_BYTES.
    """
    end, newline = source.size, dialect.line_end
    if dialect.record_length:
        yield from _records(source, start, dialect.record_length)
        return
    if end <= start:
        return
    end -= source.read(end - 1, 1) == newline  # the last line's own end
    at, held, piece = end, b"", FIRST_BYTES
    while at > start:
        _refuse_far(source, at)
        begin, piece = max(start, at - piece), min(2 * piece, MOST_PIECE_BYTES)
        held, at = source.read(begin, at - begin) + held, begin
        lines = held.split(newline)
        for line in reversed(lines[1:]):
            yield end - len(line), line
            end -= len(line) + 1
        held = lines[0]
    yield start, held
