"""The plan of one file: is it of a size to be read, which columns does it have, where is it cut?

The pipeline and `landfall check` ask this of the same functions, so that they agree about every file.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.header import Header, data_end, match_header, read_header
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.raw.bytesource import ByteSource, Range, until
from chalicelib.errors import Rejected

MB = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """A file's head and its chunks."""

    header: Header
    layout: Layout
    ranges: tuple[Range, ...]
    """Empty if the file has no record."""


def refuse_size(size: int, limits: Limits) -> None:
    """Raises Rejected for a file of no bytes, or of more than the contract allows."""
    if size == 0:
        raise Rejected("the file is empty: not even a header", code="EMPTY_FILE", line=1)
    if size > limits.max_bytes:
        raise Rejected(f"the file has {size} bytes, limits.max_bytes allows {limits.max_bytes}", code="TOO_LARGE")


def refuse_no_text(size: int) -> None:
    """Raises Rejected for a file whose text, once unpacked, is of no bytes."""
    if size == 0:
        raise Rejected("there is nothing in the file: not even a header", code="EMPTY_FILE", line=1)


def usual_chunk(contract: Contract, usual_mb: float) -> int:
    """Bytes of a chunk: the contract's word goes before the setting's."""
    return max(1, int((contract.limits.chunk_mb or usual_mb) * MB))


def cut(text: ByteSource, contract: Contract, size: int) -> Cuts:
    """Read the header and cut the records into chunks of about `size` bytes. Raises Rejected."""
    dialect, limits = contract.dialect, contract.limits
    header = read_header(text, dialect, limits)
    layout = match_header(contract, header.fields)
    records = until(text, data_end(text, header.data_start, dialect))
    return Cuts(header=header, layout=layout, ranges=plan_chunks(records, header.data_start, size, dialect, limits))
