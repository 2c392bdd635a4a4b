"""The values of many objects of one shape: which are certainly JSON, and where they stand as fields of CSV.

The same pattern as in a check: what is not proven here is left to `objects.py`.
"""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]

import numpy as np

from chalicelib.domain.checks.documents import too_deep
from chalicelib.domain.checks.numbers import MINUS, POINT, fraction
from chalicelib.domain.formats.json.objects import NULL, SPECIAL, ObjectReader, document, quoted
from chalicelib.domain.formats.json.shapes import NO_COLUMN
from chalicelib.domain.formats.json.view import OPENING, QUOTE, View
from chalicelib.domain.raw.swar import LOW, Fields, Ints, Mask, all_digits, word_of

NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
LOOSE = re.compile(rb"[ \t\r\n\\]")
"""Bytes without which JSON is compact already."""
ZERO = ord("0")
LONGEST_NUMBER = 24
"""Most bytes of a number that is proven vectorised."""
MOST_FRACTION = 17


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
        after = fraction(some, min(MOST_FRACTION, LONGEST_NUMBER), POINT)
        before = some.length - after - 1
        fits = (after > 0) & (before > 0) & all_digits(some.part(some.start, np.maximum(before, 0)), LONGEST_NUMBER)
        fits &= all_digits(some.part(some.stop - after, after), LONGEST_NUMBER)
        proven[rest], whole[rest] = fits, before
    proven &= (digits.length > 0) & (digits.length <= LONGEST_NUMBER)
    proven &= (whole == 1) | (digits.at(0) != ZERO)
    return proven


def plain_values(values: Fields) -> tuple[Mask, Mask]:
    """Return which values without quotes are JSON, and which of these are null."""
    first = values.words[values.start]
    null = ((first & LOW[4]) == word_of(b"null")) & (values.length == 4)
    sound = null | (((first & LOW[4]) == word_of(b"true")) & (values.length == 4))
    sound |= ((first & LOW[5]) == word_of(b"false")) & (values.length == 5)
    rest = np.flatnonzero(~sound & (values.length > 0))
    if len(rest):
        sound[rest] = is_number(values.pick(rest))
        unproven = rest[~sound[rest]]
        sound[unproven] = [NUMBER.fullmatch(raw) is not None for raw in values.pick(unproven).raw()]
    return sound, null


class Column:
    """Where the values of one gap of a shape stand, for rows of the same shape."""

    def __init__(self, view: View, reader: ObjectReader, pool: Pool) -> None:
        self.view, self.reader, self.pool = view, reader, pool
        self._kept: dict[tuple[bool, bytes], tuple[int, int] | None] = {}

    def read(self, values: Fields, target: int) -> tuple[Mask, Ints, Ints]:
        """Return which values are sound, and the start and length of each as a field. They have one target."""
        start, length, marked = values.start.copy(), values.length.copy(), target < 0 or self.reader.marked[target]
        first = self.view.bytes[start]
        texts, nested = (first == QUOTE) & (length > 1), (first | 0x20) == OPENING
        sound = texts.copy()
        rest = np.flatnonzero(~(texts | nested))
        if len(rest):
            sound[rest], null = plain_values(values if len(rest) == len(texts) else values.pick(rest))
            absent = rest[null]
            start[absent] = self.pool.null
            length[absent] = len(NULL) if marked else 0
        others = self._special(values, texts, target)
        if target == NO_COLUMN or (target >= 0 and self.reader.documents[target]):
            others = np.append(others, np.flatnonzero(nested))
        for row, raw in zip(others.tolist(), values.pick(others).raw(), strict=True):
            found = self._field_at(raw, target)
            sound[row] = found is not None
            start[row], length[row] = found or (0, 0)
        return sound, start, length

    def _special(self, values: Fields, texts: Mask, target: int) -> Ints:
        """Return the rows of texts that are not the same in CSV, or may be the word for NULL."""
        if target >= 0 and self.reader.marked[target] and not self.reader.columns[target].type.is_text:
            return np.flatnonzero(texts)
        special = values.length == len(NULL) + 2
        if len(self.view.backslashes):
            special[self.view.has(self.view.backslashes, values)] = True
        return np.flatnonzero(special & texts)

    def _field_at(self, raw: bytes, target: int) -> tuple[int, int] | None:
        """Return where a text or a document stands as a field of CSV; None if the slow reader must read it."""
        key = (target >= 0 and self.reader.documents[target], raw)
        if key not in self._kept:
            is_text = raw[0] == QUOTE
            try:
                value = _text(raw, document_=key[0]) if is_text else self._document(raw)
            except (ValueError, RecursionError):
                value = None
            if value is not None:
                value = quoted(value) if (is_text and not key[0]) or SPECIAL.search(value) else value
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
    text, end = scanstring(raw.decode(), 1)
    value = document(text).encode() if document_ else text.encode()
    return value if end == len(raw.decode()) and value not in (b"", NULL) else None
