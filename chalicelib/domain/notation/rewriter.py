"""Read the values of one column as the contract's notation has them.

The same pattern as in a check: `read` is exact plain Python, and decides; `fast.py` does whole columns at once where it
is certain of what `read` returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chalicelib.domain.checks.check import MEMOISED_BYTES, MEMOISED_VERDICTS, Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.column import EXACT, NUMBERS, Column
from chalicelib.domain.contract.notation import Excess, Notation, TooLong
from chalicelib.domain.contract.time_format import CLOCKS
from chalicelib.domain.notation.canonical import Canonical, Read
from chalicelib.domain.notation.moments import moment_reader
from chalicelib.domain.notation.numbers import number_reader
from chalicelib.domain.notation.times import time_reader, written_times
from chalicelib.domain.notation.words import bare, boolean_reader, cutting_reader


@dataclass(frozen=True, kw_only=True)
class Rewriter:
    """Reads one column's values."""

    column: Column
    null: bytes
    """NULL as COPY reads it in this column."""
    read: Read
    eager: bool
    """A value that Redshift reads by itself may have another meaning in the contract's notation, so that every value is
    read. Otherwise only values that Redshift cannot read are."""

    def improves(self, value: bytes) -> bool:
        """Return whether a value has a form that Redshift may read, other than its own."""
        found = self.read(value)
        return isinstance(found, Canonical) and found.text != value


def rewriter_of(column: Column, null: bytes) -> Rewriter | None:
    """Return the column's rewriter; None if no value of it is written otherwise than Redshift reads it."""
    eager = column.notation != Notation(excess=column.notation.excess) or written_times(column) is not None
    scaled = column.type.kind in (*EXACT, *CLOCKS) and column.notation.excess is not Excess.REJECT
    if not eager and not scaled:
        return None
    return Rewriter(column=column, null=null, read=_memoised(_reader(column, null)), eager=eager)


def _reader(column: Column, null: bytes) -> Read:
    notation, by_kind = column.notation, _by_kind(column)
    words = frozenset(word.encode() for word in notation.null)

    def read(value: bytes) -> Canonical | Fault:
        text = bare(value, notation)
        if text in words:
            return Canonical(text=None)
        found = by_kind(text) if text else Canonical(text=text)
        if null and isinstance(found, Canonical) and found.text == null and value != null:
            reason = "means NULL in the staged text"
            return Fault(code=RowCode.CONTRACT, reason=reason)
        return found

    return read


def _by_kind(column: Column) -> Read:
    kind, notation = column.type, column.notation
    if kind.kind in NUMBERS:
        return number_reader(kind, notation)
    if times := written_times(column):
        return time_reader(times)
    if kind.kind in CLOCKS:
        return moment_reader(kind, notation.excess)
    if notation.true or notation.false:
        return boolean_reader(notation)
    if kind.is_text and notation.too_long is TooLong.CUT:
        return cutting_reader(kind)
    return lambda value: Canonical(text=value)


def _memoised(read: Read) -> Read:
    kept = lru_cache(maxsize=MEMOISED_VERDICTS)(read)
    return lambda value: kept(value) if len(value) <= MEMOISED_BYTES else read(value)
