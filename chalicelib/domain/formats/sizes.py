"""Limits on the size of files and chunks, for every format."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.errors import Rejected

MB = 1_000_000


def refuse_size(size: int, limits: Limits) -> None:
    """Raise Rejected for a file without bytes, or with more bytes than the contract allows."""
    if size == 0:
        raise Rejected("the file is empty: it has no header and no rows", code="EMPTY_FILE", line=1)
    if size > limits.max_bytes:
        raise Rejected(f"the file has {size} bytes; limits.max_bytes allows {limits.max_bytes}", code="TOO_LARGE")


def refuse_no_text(size: int) -> None:
    """Raise Rejected for a file whose unpacked text is empty."""
    if size == 0:
        raise Rejected("the file has no text: no header and no rows", code="EMPTY_FILE", line=1)


def usual_chunk(contract: Contract, usual_mb: float) -> int:
    """Return the bytes of a chunk: the contract's limit comes before the setting."""
    return max(1, int((contract.limits.chunk_mb or usual_mb) * MB))
