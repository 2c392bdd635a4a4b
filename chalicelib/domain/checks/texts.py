"""Checks of text and booleans. Lengths are bytes of UTF-8, as Redshift counts them."""

from __future__ import annotations

from itertools import product

import numpy as np

from chalicelib.domain.checks.check import Check, Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.diagnosis import invisible
from chalicelib.domain.contract.column import ColumnType
from chalicelib.domain.raw.swar import PADDING, Fields, Mask, Words, every, hashes, longest, word, words_of

BOOLEANS = (b"t", b"true", b"y", b"yes", b"1", b"f", b"false", b"n", b"no", b"0")
"""Redshift guide, "Boolean type"; case does not matter."""
LONGEST_WORDS = 64
"""Length of the longest char or listed value that is checked vectorised; longer values are judged one by one."""
HIGH_BITS = every(0x80)


def varchar(kind: ColumnType) -> Check:
    """Return the check of text of at most `kind.length` bytes."""

    def judge(value: bytes) -> Fault | None:
        if len(value) <= kind.length:
            return None
        reason = f"is longer than the {kind.length} bytes of {kind.sql}{_why_longer(value, kind.length)}"
        return Fault(code=RowCode.OUT_OF_RANGE, reason=reason)

    # The file doubles quotes, so a value never has more bytes than its field.
    return Check(prove=lambda fields: fields.length <= kind.length, judge=judge)


def char(kind: ColumnType) -> Check:
    """Return the check of ASCII text of at most `kind.length` bytes."""
    length = varchar(kind)

    def prove(fields: Fields) -> Mask:
        proven = length.prove(fields) & (fields.length <= LONGEST_WORDS)
        for index in range((min(longest(fields), kind.length, LONGEST_WORDS) + 7) // 8):
            proven &= (word(fields, index)[0] & HIGH_BITS) == 0
        return proven

    def judge(value: bytes) -> Fault | None:
        if not value.isascii():
            found = invisible(value.decode(errors="replace").replace(" ", "")) or "characters of several bytes"
            return Fault(code=RowCode.UTF8, reason=f"has {found}, which {kind.sql} cannot store")
        return length.judge(value)

    return Check(prove=prove, judge=judge)


def boolean() -> Check:
    """Return the check of booleans in Redshift's spellings."""
    spellings = [
        bytes(letters) for value in BOOLEANS for letters in product(*({c, c & ~0x20 if c > 64 else c} for c in value))
    ]

    def judge(value: bytes) -> Fault | None:
        if value.lower() in BOOLEANS:
            return None
        reason = f"is not a boolean (t, true, y, yes, 1, f, false, n, no, 0): {_no_boolean(value)}"
        return Fault(code=RowCode.BOOLEAN, reason=reason)

    return Check(prove=_Listed(spellings).prove, judge=judge)


def _why_longer(value: bytes, most: int) -> str:
    """Return what of a text is too long, if it is not the text itself."""
    if len(value.rstrip(b" ")) <= most:
        return ", by blanks at its end"
    letters = len(value.decode(errors="replace"))
    return ", because some of its characters have several bytes" if letters <= most else ""


def _no_boolean(value: bytes) -> str:
    """Return what a value is that is no boolean, without the value."""
    text = value.decode(errors="replace")
    if text.strip().lower().encode() in BOOLEANS:
        return f"it has {invisible(text)}"
    if text.lstrip("+-").isdigit():
        return "it is another number"
    return "it is another word" if text.isalpha() else "it has other signs"


def listed(values: tuple[str, ...], quote: str) -> Check:
    """Return the check that a value equals one of the contract's values, byte for byte."""
    allowed = frozenset(v.encode() for v in values)
    # In a quoted field quotes are doubled, so a value with a quote has other bytes in the file: the judge decides.
    plain = [v for v in allowed if 0 < len(v) <= LONGEST_WORDS and quote.encode() not in v]

    def judge(value: bytes) -> Fault | None:
        return None if value in allowed else Fault(code=RowCode.CONTRACT, reason="is not one of the allowed values")

    return Check(prove=_Listed(plain).prove, judge=judge)


class _Listed:
    """A set of short byte strings. Whole columns are looked up in it by hash, then compared word by word."""

    def __init__(self, values: list[bytes]) -> None:
        data = b"".join(values) + PADDING
        lengths = np.array([len(v) for v in values], np.int64)
        table = Fields(
            data=np.frombuffer(data, np.uint8),
            words=words_of(data),
            start=np.cumsum(lengths) - lengths,
            length=lengths,
        )
        self._words = (max(map(len, values), default=0) + 7) // 8
        keys = self._key(table)
        order = np.argsort(keys)
        self._keys, self._table = keys[order], table.pick(order)

    def _key(self, fields: Fields) -> Words:
        return hashes(fields) if self._words > 1 else word(fields, 0)[0]

    def prove(self, fields: Fields) -> Mask:
        """Return which fields are in the set."""
        if not len(self._keys):
            return np.zeros(len(fields.start), np.bool_)
        short = fields.length <= 8 * self._words
        fields = fields.part(fields.start, np.where(short, fields.length, 0))
        keys = self._key(fields)
        index = np.minimum(self._keys.searchsorted(keys), len(self._keys) - 1)
        same: Mask = short & (self._table.length[index] == fields.length) & (self._keys[index] == keys)
        found = self._table.pick(index) if self._words > 1 else self._table
        for number in range(self._words if self._words > 1 else 0):  # the key of a single word is that word
            same &= word(fields, number)[0] == word(found, number)[0]
        return same
