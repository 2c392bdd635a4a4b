"""The values of many members: which are certainly JSON, and where they stand as fields of CSV.

The same pattern as in a check: what is not proven here is left to `objects.py`.
"""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]

import numpy as np

from chalicelib.domain.checks.documents import too_deep
from chalicelib.domain.checks.numbers import MINUS, fraction
from chalicelib.domain.formats.json.names import NO_COLUMN
from chalicelib.domain.formats.json.objects import NULL, SPECIAL, ObjectReader, document, quoted
from chalicelib.domain.formats.json.view import QUOTE, View, opens
from chalicelib.domain.raw.swar import Bytes, Fields, Ints, Mask, all_digits, equal, word_of

NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
LOOSE = re.compile(rb"[ \t\r\n\\]")
"""Bytes without which JSON is compact already."""
ZERO, LETTERS = ord("0"), ord("a")
"""No number begins with a byte from LETTERS on; true, false and null do."""
LONGEST_NUMBER = 24
"""Most bytes of a number that is proven vectorised."""
MOST_FRACTION = 17
"""Most digits after the point of such a number: each costs a pass over all numbers."""


class Pool:
    """Texts that do not stand in the block, behind the block's bytes."""

    def __init__(self, begin: int) -> None:
        self.begin, self.end, self.parts = begin, begin, list[bytes]()
        self.null = self.add(NULL)

    def add(self, text: bytes) -> int:
        """Keep a text. Return its index behind the block."""
        at, self.end = self.end, self.end + len(text)
        self.parts.append(text)
        return at


def is_number(values: Fields) -> Mask:
    """Return which values are certainly numbers of JSON."""
    negative = values.at(0) == MINUS
    digits = values.part(values.start + negative, values.length - negative)
    proven = all_digits(digits, LONGEST_NUMBER)
    rest = np.flatnonzero(~proven)
    whole = digits.length.copy()
    if len(rest):
        some = digits.pick(rest)
        after = fraction(some, MOST_FRACTION)
        before = some.length - after - 1
        fits = (after > 0) & (before > 0) & all_digits(some.part(some.start, np.maximum(before, 0)), LONGEST_NUMBER)
        fits &= all_digits(some.part(some.stop - after, after), LONGEST_NUMBER)
        proven[rest], whole[rest] = fits, before
    proven &= (digits.length > 0) & (digits.length <= LONGEST_NUMBER)
    proven &= (whole == 1) | (digits.at(0) != ZERO)
    return proven


def plain_values(values: Fields, firsts: Bytes) -> tuple[Mask, Mask]:
    """Return which values without quotes are JSON, and which of these are null, given their first bytes."""
    sound, null = np.zeros(len(firsts), np.bool_), np.zeros(len(firsts), np.bool_)
    words = firsts >= LETTERS
    if words.any():
        rows = np.flatnonzero(words)
        some = values.pick(rows)
        null[rows] = equal(some, b"null")
        sound[rows] = null[rows] | equal(some, b"true") | equal(some, b"false")
    rest = np.flatnonzero(~words)
    if len(rest):
        sound[rest] = is_number(values.pick(rest))
        unproven = rest[~sound[rest]]
        sound[unproven] = [NUMBER.fullmatch(raw) is not None for raw in values.pick(unproven).raw()]
    return sound, null


class Values:
    """Where the values of a block stand as fields."""

    def __init__(self, view: View, reader: ObjectReader, pool: Pool) -> None:
        self.view, self.reader, self.pool = view, reader, pool
        others = [m and not c.type.is_text for m, c in zip(reader.marked, reader.columns, strict=True)]
        self._others = np.array([*others, False])
        """By column, whether its texts need another form; the last one is for members without a column."""
        self._null_lengths = np.array([len(NULL) if marked else 0 for marked in [*reader.marked, True]])
        self._documents = np.array([*reader.documents, True])
        self._kept: dict[tuple[bool, bytes], tuple[int, int] | None] = {}

    def read(self, values: Fields, firsts: Bytes, targets: Ints) -> tuple[Mask, Ints, Ints]:
        """Return which values are sound, and the start and length of each as a field.

        `firsts` are their first bytes. If that is a quote, the value is one text. `targets` is as in names.py.
        """
        start, length, columns = values.start.copy(), values.length.copy(), np.maximum(targets, NO_COLUMN)
        sound = firsts == QUOTE
        alone = self._special(values, sound, columns)
        rest = np.flatnonzero(~sound)
        nested = opens(firsts[rest])
        if nested.any():
            inner = rest[nested]
            alone[inner[self._documents[columns[inner]] & (targets[inner] >= NO_COLUMN)]] = True
            rest = rest[~nested]
        if len(rest):
            sound[rest], null = plain_values(values.pick(rest), firsts[rest])
            absent = rest[null]
            start[absent], length[absent] = self.pool.null, self._null_lengths[columns[absent]]
        rows = np.flatnonzero(alone)
        for row, column, raw in zip(rows.tolist(), columns[rows].tolist(), values.pick(rows).raw(), strict=True):
            found = self._field_at(raw, column)
            sound[row] = found is not None
            start[row], length[row] = found or (0, 0)
        return sound, start, length

    def _special(self, values: Fields, texts: Mask, columns: Ints) -> Mask:
        """Return which texts are not the same in CSV, or begin as the word for NULL and have its length."""
        special: Mask = values.length == len(NULL) + 2
        some = np.flatnonzero(special)
        special[some] = values.words[values.start[some] + 1] == word_of(NULL[:8])
        if self._others.any():
            special |= self._others[columns]
        if len(self.view.backslashes):
            special[self.view.has(self.view.backslashes, values)] = True
        special &= texts
        return special

    def _field_at(self, raw: bytes, column: int) -> tuple[int, int] | None:
        """Return where a text or a document stands as a field of CSV; None if the slow reader must read it."""
        is_text, document_ = raw[:1] == b'"', column >= 0 and self.reader.documents[column]
        key = (document_, raw)
        if key not in self._kept:
            try:
                value = _text(raw, document_=document_) if is_text else self._document(raw)
            except (ValueError, RecursionError):
                value = None
            if value is not None:
                value = quoted(value) if (is_text and not document_) or SPECIAL.search(value) else value
            self._kept[key] = None if value is None else (self.pool.add(value), len(value))
        return self._kept[key]

    def _document(self, raw: bytes) -> bytes | None:
        """Return an array or an object as `ObjectReader` writes it; None if it is strange."""
        if too_deep(raw):
            return None
        text = raw.decode()
        value, end = self.reader.scan(text)
        if end < len(text) or self.reader.repeats:
            return None
        return document(value).encode() if LOOSE.search(raw) else raw


def _text(raw: bytes, *, document_: bool) -> bytes | None:
    """Return the value of a text; None if it is the empty text, or the word for NULL, or more than one text."""
    written = raw.decode()
    text, end = scanstring(written, 1)
    value = document(text).encode() if document_ else text.encode()
    return value if end == len(written) and value not in (b"", NULL) else None
