"""The first record of a file: which columns come, in which order, and whether they are the contract's."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

import numpy as np

from chalicelib.domain.bytesource import ByteSource
from chalicelib.domain.contract import Column, Contract, Dialect, Limits
from chalicelib.domain.records import Grammar, scan
from chalicelib.domain.swar import PADDING
from chalicelib.errors import Rejected

BOM = b"\xef\xbb\xbf"
FOREIGN = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip"}
"""How files begin that are not plain UTF-8 text."""
HEAD_BYTES = 16_384
"""Read first; more only if the header does not end within."""
NAMED = 20
"""The most columns that an error names."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the head of a file says."""

    fields: tuple[str, ...]
    """Column names as written, spaces around them removed."""
    data_start: int
    """Byte offset of the first record."""
    lines: int
    """Physical lines used, 1 unless a name holds a line end."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The contract's columns in the order of the file."""

    columns: tuple[Column, ...]


def read_header(source: ByteSource, dialect: Dialect, limits: Limits) -> Header:
    """Read the first record of a file, a byte order mark skipped. Raises Rejected."""
    grammar = Grammar.of(dialect, limits)
    length = HEAD_BYTES
    while True:
        head = source.read(0, min(length, source.size))
        at_end = len(head) >= source.size
        start = len(BOM) if head.startswith(BOM) else 0
        text = head[start:]
        found = scan(np.frombuffer(text + PADDING, np.uint8), len(text), at_end=at_end, grammar=grammar)
        if found.malformed or found.unended or len(found.ends) or at_end:
            break
        length *= 4
    _refuse_foreign(head)
    if not text or text[:1] in b"\r\n":
        raise Rejected("the file does not begin with a header of column names", code="HEADER_MISSING", line=1)
    if 0 in found.malformed or not len(found.ends):
        raise Rejected("the header is not a CSV record: check its quotes and length", code="HEADER_MALFORMED", line=1)
    stop = int(found.ends[0])
    fields = _fields(text[:stop], dialect, limits)
    lines = text[:stop].count(b"\n") + 1
    return Header(fields=fields, data_start=min(start + stop + 1, source.size), lines=lines)


def _refuse_foreign(head: bytes) -> None:
    for beginning, what in FOREIGN.items():
        if head.startswith(beginning):
            raise Rejected(f"the file is {what}, not plain UTF-8 text", code="HEADER_ENCODING", line=1)


def _fields(record: bytes, dialect: Dialect, limits: Limits) -> tuple[str, ...]:
    """The names in the header record."""
    try:
        text = record.decode()
    except UnicodeDecodeError as error:
        raise Rejected("the header is not UTF-8", code="HEADER_ENCODING", line=1, byte_offset=error.start) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote)
    try:
        (row,) = reader
    except (csv.Error, ValueError) as error:  # a carriage return outside quotes makes two rows, and then an error
        raise Rejected("the header is not a CSV record: check its line end", code="HEADER_MALFORMED", line=1) from error
    names = tuple(name.strip() for name in row)
    if len(names) > limits.max_columns:
        message = f"the header has {len(names)} columns, limits.max_columns allows {limits.max_columns}"
        raise Rejected(message, code="TOO_MANY_COLUMNS", line=1)
    return names


def match_header(contract: Contract, fields: tuple[str, ...]) -> Layout:
    """Find each header name's column, by name or alias, in any order. Raises Rejected with what differs.

    Case, spaces and underscores do not count. A column that is neither required nor part of the key nor the order may
    be absent; a name the contract does not know fails the file.
    """
    known = {_plain(name): column for column in contract.columns for name in (column.name, *column.aliases)}
    known |= {_plain(column.name): column for column in contract.columns}  # a name counts before another's alias
    found = [known.get(_plain(field)) for field in fields]
    needed = {*contract.key, contract.order_by} | {c.name for c in contract.columns if c.required}
    present = Counter(column.name for column in found if column)
    problems = {
        "missing": [c.name for c in contract.columns if c.name in needed and not present[c.name]],
        "unexpected": [field or "(empty)" for field, column in zip(fields, found, strict=True) if column is None],
        "given twice": [name for name, count in present.items() if count > 1],
    }
    if any(problems.values()):
        parts = [f"{what}: {_some(names)}" for what, names in problems.items() if names]
        raise Rejected(f"the header does not fit the contract; {'; '.join(parts)}", code="HEADER_MISMATCH", line=1)
    return Layout(columns=tuple(column for column in found if column))


def _plain(name: str) -> str:
    return "".join(name.split()).replace("_", "").casefold()


def _some(names: list[str]) -> str:
    """As many of the names as fit a sentence, long ones cut."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(name[:64] for name in names[:NAMED]) + more
