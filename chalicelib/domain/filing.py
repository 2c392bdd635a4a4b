"""A file's plan: what was learnt from its head and its cuts, kept in S3 beside the parts it leads to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from chalicelib.domain.split import Range


@dataclass(frozen=True, kw_only=True)
class FilePlan:
    """How one file is read."""

    columns: tuple[str, ...]
    """The contract's columns in the order of the file's header."""
    header_lines: int
    """Physical lines before the first record."""
    ranges: tuple[Range, ...]
    """The chunks, in order; none if the file has no record."""

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> FilePlan:
        fields = json.loads(text)
        return cls(
            columns=tuple(fields["columns"]),
            header_lines=fields["header_lines"],
            ranges=tuple(Range(**r) for r in fields["ranges"]),
        )
