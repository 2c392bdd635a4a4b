"""The interface of a file format, so that staging does not depend on the format.

Every format becomes the same text: CSV as COPY reads it. For that reason a block's `Reading` is the one of `csv`.
A new format is a package beside `csv`, a line in registry.py, and a sample for tests/formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract.tally import Tally
from chalicelib.domain.formats.cells import Cells
from chalicelib.domain.raw.bytesource import ByteSource, Range

if TYPE_CHECKING:  # numpy comes with the first block that is read
    from chalicelib.domain.formats.csv.reading import Reading
    from chalicelib.domain.formats.csv.work import Work


@dataclass(frozen=True, kw_only=True)
class Header:
    """The head of a file."""

    fields: tuple[str, ...]
    """Column names as written, without spaces around them."""
    data_start: int
    """Byte offset of the first record."""
    lines: int
    """Physical lines before the first record."""
    left_out: Tally = field(default_factory=dict)
    """What is left out before the first record, by kind (`LeftOut`)."""
    head_lines: tuple[str, ...] = ()
    """The lines behind the header that the contract skips. Bytes that are not UTF-8 are lone surrogates."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What a file's trailer, or its side file, announces of its rows."""

    rows: int | None
    """Their number; None if the file does not announce it."""
    sums: Mapping[str, str] = field(hash=False)
    """The sum of a column's values as the file writes it, by column."""
    byte_offset: int | None
    """Where the trailer begins; None if a side file has them."""

    @property
    def where(self) -> str:
        """What has them."""
        return "side file" if self.byte_offset is None else "trailer"


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """A file's head and its chunks."""

    header: Header
    layout: Layout
    ranges: tuple[Range, ...]
    """In order and without a gap, from the first byte of the first record on. Empty if the file has no record."""
    left_out: Tally = field(default_factory=dict)
    """What is left out outside the ranges, by kind (`LeftOut`)."""
    totals: Totals | None = None
    cells: Cells | None = None
    """Names of the cells, if the file is a workbook."""


class Reader(Protocol):
    """Reads the blocks of one file, whose columns are known."""

    @property
    def newline(self) -> bytes:
        """The last byte of a line end in the file."""

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the records in the first `size` bytes of a padded block, which begins with a record.

        `at_end`: the file ends with the block. Otherwise an incomplete record is left to the next block. Spends from
        `work`. Raises Rejected beyond the budget.
        """


class Format(Protocol):
    """Cuts and reads the files of one format.

    Guarantees that a worker finds in its range the same records as a reader that starts at the beginning of the file,
    or that the ends of the ranges show the difference. Does not promise that the first guess of a cut is right.
    """

    def head(self, text: ByteSource, contract: Contract) -> Header:
        """Read the column names, and find the first record. Raises Rejected."""

    def cut(self, text: ByteSource, contract: Contract, size: int) -> Cuts:
        """Read the head, and cut the records into ranges of about `size` bytes, by small reads. Raises Rejected."""

    def reader(self, contract: Contract, layout: Layout) -> Reader:
        """Return the reader of files with these columns."""
