"""Ids that derive from what they name: the same work always has the same id."""

from __future__ import annotations

import hashlib

MARK_LENGTH = 8
"""Characters of a run's mark; a group has no two runs with the same mark."""


def digest(*parts: str) -> str:
    """Return a stable name of 32 hex digits for a tuple of texts."""
    h = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        h.update(len(encoded).to_bytes(4, "big"))
        h.update(encoded)
    return h.hexdigest()[:32]


def file_id(bucket: str, key: str) -> str:
    """Return the id of a key, for any content."""
    return digest("file", bucket, key)
