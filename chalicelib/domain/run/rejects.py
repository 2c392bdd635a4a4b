"""Bad records with their reasons: for the operator to fix, and for a later load of the corrected rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from chalicelib.domain.run.model import Problem

KEPT_BYTES = 65_536
"""Only this many bytes of a longer record are kept."""
EXPLAINED = 100_000
"""Rejects of a chunk, or as many as the contract allows: further bad rows are counted, and the file refused anyway."""
MASK = b"***"
NO_TEXT = "is not valid UTF-8"
"""The reason of a reject whose bytes are shown as \\xhh."""
LINE_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""JSON allows these characters; programs that split text into lines do not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """One bad record."""

    line: int
    """The physical line it starts on, from 1: of the chunk as staged, of the file once shifted."""
    byte_offset: int
    """The byte at which the row starts in the file."""
    column: str
    """The column at fault; empty if it is the record as a whole."""
    code: int
    """Redshift's load error code; 0 for rules of the contract that Redshift does not have."""
    reason: str
    """The fault, without row values."""
    record: bytes
    """Its bytes without the line end; values of pii columns masked."""
    quote_line: int = 0
    """For a quote that is never closed: the physical line where it opens. 0 for other faults."""

    def shifted(self, lines: int) -> Reject:
        """Return the same reject with that many lines before it."""
        if not self.quote_line:
            return replace(self, line=self.line + lines)
        quote_line = self.quote_line + lines
        reason = self.reason.replace(unclosed(self.quote_line), unclosed(quote_line))
        return replace(self, line=self.line + lines, quote_line=quote_line, reason=reason)

    def problem(self) -> Problem:
        """Return the same without the record, in the form that is kept with a run."""
        return Problem(
            code=str(int(self.code)),
            message=self.reason,
            line=self.line,
            byte_offset=self.byte_offset,
            column=self.column,
            quote_line=self.quote_line or None,
        )

    def to_json(self) -> str:
        """Return one JSON line, without its line end. Bytes that are not UTF-8 become \\xhh."""
        shown = {
            "line": self.line,
            "byte_offset": self.byte_offset,
            "column": self.column,
            "code": int(self.code),
            "reason": self.reason,
            "record": self.record.decode("utf-8", "backslashreplace"),
        }
        if self.quote_line:
            shown["quote_line"] = self.quote_line
        return json.dumps(shown, ensure_ascii=False).translate(LINE_BREAKS)

    @classmethod
    def from_json(cls, text: str | bytes) -> Reject:
        """Read what to_json wrote. The result is equal, except bytes that were not UTF-8."""
        shown = json.loads(text)
        return cls(**{**shown, "record": shown["record"].encode()})


def unclosed(quote_line: int) -> str:
    """Return the reason for a quote that is not closed in time."""
    return f"the quote that opens on line {quote_line} is not closed before the record's limit or the end of the file"


def kept(record: bytes) -> tuple[bytes, str]:
    """Return as much of a record as a reject keeps, and a note for its reason if that is not all."""
    if len(record) <= KEPT_BYTES:
        return record, ""
    return record[:KEPT_BYTES], f" (only the first {KEPT_BYTES} bytes are kept)"
