"""The side file of a file, `<file>.ctl`: one line that announces the rows of the file.

It is text in the contract's dialect. A header line may precede the line with the totals. Blank lines and comments do
not count.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import replace

from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.dialect import Compression, ControlTotals
from chalicelib.domain.decode.decode import converted
from chalicelib.domain.formats.csv.tail import announced, fields_of_line
from chalicelib.domain.formats.format import Totals
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.errors import Rejected

ENDING = ".ctl"
MOST_BYTES = 16_384
"""The largest side file: it is one line."""
MALFORMED = "CONTROL_TOTALS_MALFORMED"
MISSING = "CONTROL_TOTALS_MISSING"


def read_totals(data: bytes, contract: Contract, places: ControlTotals) -> Totals:
    """Return what a side file announces; `data` may be its first bytes beyond MOST_BYTES. Raises Rejected."""
    return announced(_fields(totals_line(data, contract, places), contract, places), None, places)


def totals_line(data: bytes, contract: Contract, places: ControlTotals) -> bytes:
    """Return the line of a side file that has the totals, in UTF-8. Raises Rejected."""
    if len(data) > MOST_BYTES:
        raise _malformed(f"has more than {MOST_BYTES:,} bytes")
    *before, line = _lines(data, contract) or [b""]
    if not line:
        raise _malformed("has no line")
    if len(before) > 1 or (before and _has_totals(before[0], contract, places)):
        raise _malformed("has several lines with totals")
    return line


def missing(name: str) -> Rejected:
    """Return the refusal of a file without its side file."""
    return Rejected(
        f"its side file {name} with the control totals is missing: put it beside the file, and it is run again",
        code=MISSING,
    )


def _lines(data: bytes, contract: Contract) -> list[bytes]:
    dialect, limits = contract.dialect, Limits(max_unpacked_bytes=MOST_BYTES)
    plain = replace(dialect, compression=Compression.AUTO)
    try:
        text = b"".join(converted(InMemory(data), plain, limits)).removeprefix(BOM_UTF8) if data else b""
    except Rejected as error:  # it speaks of a file, and is not to be taken for the fault of the other one
        raise _malformed(f"cannot be read ({error})") from error
    lines = [line.strip(b"\r\n\x1a") for line in text.split(dialect.line_end)]
    comment = dialect.comment.encode()
    return [line for line in lines if line.strip() and not (comment and line.startswith(comment))]


def _has_totals(line: bytes, contract: Contract, places: ControlTotals) -> bool:
    """Return whether a line before the last one is no header: a header has letters where the totals are."""
    fields = dict(enumerate(_fields(line, contract, places), 1))
    numbers = [places.count_field, *(number for _, number in places.sum_fields)]
    texts = [fields[number] for number in numbers if number in fields]
    return any(c.isdigit() for text in texts for c in text) and not all(any(map(str.isalpha, text)) for text in texts)


def _fields(line: bytes, contract: Contract, places: ControlTotals) -> list[str]:
    return fields_of_line(line, contract.dialect, contract.limits, places.widths)


def _malformed(what: str) -> Rejected:
    fix = "it must be one line in the contract's dialect, behind a header line or alone; fix it, or control_totals"
    return Rejected(f"the side file {what}: {fix}", code=MALFORMED)
