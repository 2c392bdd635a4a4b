"""The grammar of COPY's records: their bytes, the positions of quotes, and the faults of a line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from chalicelib.domain.contract.contract import Dialect, Limits
from chalicelib.domain.raw.swar import Bytes, Ints, Mask

LF, CR = 10, 13


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """The special bytes of records, and their greatest length."""

    delimiter: int
    quote: int
    longest: int
    """The most bytes of a record, without its line feed."""

    @classmethod
    def of(cls, dialect: Dialect, limits: Limits) -> Grammar:
        """Return the grammar of the text that COPY reads; a file in COPY's own dialect has the same."""
        longest = limits.max_record_bytes
        return cls(delimiter=ord(dialect.staged_delimiter), quote=ord(dialect.staged_quote), longest=longest)


class Malformation(Enum):
    """Why a physical line is not a record."""

    BARE_QUOTE = "a quote is inside a field that does not start with one"
    TEXT_AFTER_QUOTE = "text follows a closing quote"
    UNCLOSED = "a quote is never closed"
    TOO_LONG = "the record is longer than the limit"
    ESCAPE = "the file ends with a backslash that escapes nothing"


OUT_OF_PLACE = (Malformation.TEXT_AFTER_QUOTE, Malformation.BARE_QUOTE)
"""The fault of a misplaced quote: of one that closes, of one that opens."""


@dataclass(frozen=True, kw_only=True)
class Malformed:
    """The fault of one line."""

    why: Malformation
    at: int
    """Index of the quote at fault in the block; of the line's start if the record is too long."""


def may_open(block: Bytes, at: Ints, grammar: Grammar) -> Mask:
    """Return which quotes at these indexes may open: after a line end, a delimiter, a closing quote, or at index 0."""
    before = block[np.maximum(at - 1, 0)]
    fits: Mask = (before == LF) | (before == grammar.delimiter) | (before == grammar.quote) | (at == 0)
    return fits


def may_close(block: Bytes, at: Ints, grammar: Grammar) -> Mask:
    """Return which quotes at these indexes may close: before a line end, a delimiter or another quote.

    The line feed of the padding counts as a line end: at the file's end it is one; elsewhere the next byte is unknown.
    """
    after, second = block[at + 1], block[at + 2]
    fits: Mask = (after == LF) | (after == grammar.delimiter) | (after == grammar.quote)
    fits |= (after == CR) & (second == LF)
    return fits
