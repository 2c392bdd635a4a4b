"""Reads the rows of a sample in a dialect: the values that the engine's own reader would find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.record_reader import Found, RecordReader

Row = list[bytes]


class Record(NamedTuple):
    """One record of a sample, or a line at fault: a tuple, because there are many."""

    start: int
    """Index of its first byte."""
    values: Row | None
    """None if the line is not a record in this dialect."""
    hashed: bool
    """Whether it begins with a `#`."""
    empty_texts: int = 0
    """Number of fields that are two quotes."""


def records(text: bytes, dialect: Dialect) -> Iterator[Record]:
    """Yield every record. Blank lines are left out, comments are not.

    A line without quotes and escapes is split at its delimiters, which is what the engine's reader does with it.
    """
    reader, at = RecordReader(replace(dialect, null=("",)), Limits()), 0
    block = BlockReader(reader, text, len(text), at_end=True)
    while at < len(text):
        end = text.find(reader.newline, at)
        end = end if end >= 0 else len(text)
        line = text[at:end]
        texts = 0
        if line.strip(b"\r"):
            if reader.special.search(line) or len(line) > reader.longest:
                found = block.record(at)
                values = [value or b"" for value in found.values] if isinstance(found, Found) else None
                texts = found.values.count(b"") if isinstance(found, Found) else 0
                end = found.stop if isinstance(found, Found) else end
            else:
                line = line[:-1] if reader.returns and line.endswith(b"\r") else line
                values = line.split(reader.delimiter)
            yield Record(at, values, text.startswith(b"#", at), texts)
        at = end + 1
