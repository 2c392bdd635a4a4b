"""How large a file may be, and its chunks, whatever its format."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract, Limits
from chalicelib.errors import Rejected

MB = 1_000_000


def refuse_size(size: int, limits: Limits) -> None:
    """Raises Rejected for a file of no bytes, or of more than the contract allows."""
    if size == 0:
        raise Rejected("the file is empty: it has no header and no rows", code="EMPTY_FILE", line=1)
    if size > limits.max_bytes:
        raise Rejected(f"the file has {size} bytes; limits.max_bytes allows {limits.max_bytes}", code="TOO_LARGE")


def refuse_no_text(size: int) -> None:
    """Raises Rejected for a file whose text, once unpacked, is of no bytes."""
    if size == 0:
        raise Rejected("the file has no text: no header and no rows", code="EMPTY_FILE", line=1)


def usual_chunk(contract: Contract, usual_mb: float) -> int:
    """Bytes of a chunk: the contract's word goes before the setting's."""
    return max(1, int((contract.limits.chunk_mb or usual_mb) * MB))
