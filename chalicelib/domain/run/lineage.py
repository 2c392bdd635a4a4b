"""The origins of corrected rows: where each row of such a file starts, in it and in the file that rejected it."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.domain.run.rejects import Reject


@dataclass(frozen=True, kw_only=True)
class RowOrigin:
    """The start of a corrected row: in the file that is read, and in the file that rejected it."""

    own: int
    byte_offset: int
    line: int
    """Physical, from 1."""


class RowOrigins:
    """The origins of all rows of a file of corrected rows, in its order."""

    def __init__(self, origins: Iterable[RowOrigin]) -> None:
        found = list(origins)
        self.own = array("q", [origin.own for origin in found])
        self.byte_offsets = array("q", [origin.byte_offset for origin in found])
        self.lines = array("q", [origin.line for origin in found])

    def moved(self, reject: Reject) -> Reject:
        """Return a row that is still bad as a reject of the file that first rejected it."""
        at = bisect_right(self.own, reject.byte_offset) - 1
        return replace(reject, line=self.lines[at], byte_offset=self.byte_offsets[at])

    def to_json(self) -> bytes:
        return json.dumps([self.own.tolist(), self.byte_offsets.tolist(), self.lines.tolist()]).encode()

    @classmethod
    def from_json(cls, text: bytes) -> RowOrigins:
        columns = zip(*json.loads(text), strict=True)
        return cls(RowOrigin(own=own, byte_offset=offset, line=line) for own, offset, line in columns)
