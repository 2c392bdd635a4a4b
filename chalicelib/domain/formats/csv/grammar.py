"""The grammar of COPY's records: their bytes, and the faults of a line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect

LF, CR = 10, 13


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """The special bytes of records, and their greatest length."""

    delimiter: int
    quote: int
    longest: int
    """The most bytes of a record, without its line feed."""
    blanks: bool = False
    """Spaces may precede a quote that opens a field. COPY does not read them so."""

    @classmethod
    def of(cls, dialect: Dialect, limits: Limits) -> Grammar:
        """Return the grammar of a file that is written as COPY reads it, except for spaces before quotes."""
        return cls(
            delimiter=ord(dialect.staged_delimiter),
            quote=ord(dialect.staged_quote),
            longest=limits.max_record_bytes,
            blanks=dialect.blank_before_quote,
        )


class Malformation(Enum):
    """Why a physical line is not a record."""

    BARE_QUOTE = "a quote is inside a field that does not start with one"
    TEXT_AFTER_QUOTE = "text follows a closing quote"
    UNCLOSED = "a quote is never closed"
    TOO_LONG = "the record is longer than the limit"
    UNDIVIDED = "the JSON breaks, and where the next object begins is unknown"
    ESCAPE = "the file ends with a backslash that escapes nothing"


OUT_OF_PLACE = (Malformation.TEXT_AFTER_QUOTE, Malformation.BARE_QUOTE)
"""The fault of a misplaced quote: of one that closes, of one that opens."""


@dataclass(frozen=True, kw_only=True)
class Malformed:
    """The fault of one line."""

    why: Malformation
    at: int
    """Index of the quote at fault in the block; of the line's start if the record is too long."""
