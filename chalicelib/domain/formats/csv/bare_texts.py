"""Read texts for spreadsheets, ="00421", that stand without the quotes of CSV, in columns whose contract allows that.

Strict CSV has no quote inside a field that does not begin with one, so the reader finds such a record malformed. Its
form is changed in place, byte for byte, to a field in quotes that begins with NUL: `="00421"` to `"\\0` and `00421"`.
Blanks around the form stay, in the quotes, if the column's `trim` leaves them out. Then the block is read again. The
notation takes the NUL off; a reject shows the record as the file has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Dialect, Escape, Quotes
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.formats.csv.grammar import Malformation
from chalicelib.domain.formats.csv.reading import Reading, origin_of
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.formats.format import Reader
from chalicelib.domain.notation.words import blank_pattern
from chalicelib.domain.raw.swar import PADDING

FORM = b'="'
INNER = rb'="(?:[^"\r\n\0]|"")*+(?P<close>")'
ENCLOSED = re.compile(rb'"(?:[^"]|"")*+"')
LONGEST_BLANK = 3
"""Most bytes of a blank in UTF-8."""


class Unended(Exception):
    """The block ends before the text that begins in it."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where such a text stands."""

    start: int
    form: int
    """The index of `="`."""
    close: int
    """The index of the last quote."""
    stop: int

    def as_marked(self, text: bytes) -> bytes:
        """Return the field in quotes, with as many bytes as it has."""
        inner = text[self.form + 2 : self.close] + text[self.close + 1 : self.stop]
        return b'"\0' + text[self.start : self.form] + inner + b'"'


class BareForm:
    """Finds these texts in the records of one dialect."""

    def __init__(self, dialect: Dialect, layout: Layout) -> None:
        self.delimiter, self.newline = dialect.delimiter.encode(), dialect.line_end
        apart = b"(?!%s)" % re.escape(self.delimiter)
        self.opening, self.whole = dict[int, re.Pattern[bytes]](), dict[int, re.Pattern[bytes]]()
        for index, column in enumerate(layout.columns):
            if column.notation.spreadsheet_text:
                around = b"(?:%s%s)*+" % (apart, blank_pattern(column.notation.trim))
                self.opening[index] = re.compile(around + FORM)
                self.whole[index] = re.compile(around + b"(?P<form>)" + INNER + around)
        self.plain = re.compile(b'(?:%s[^"%s])*+' % (apart, re.escape(self.newline)))
        self.ends = (self.newline, b"\r\n")

    def of_record(self, text: bytes, start: int, size: int) -> tuple[list[_Place], int]:
        """Return where such texts stand in a record, and where it ends or has another fault."""
        return self.of_cut_record(text, start, size, most=0)

    def of_cut_record(self, text: bytes, start: int, size: int, *, most: int) -> tuple[list[_Place], int]:
        """Do the same in bytes that may end within the record.

        Raises Unended if they end within such a text, in the first `most` bytes of the record.
        """
        at, index, places = start, 0, list[_Place]()
        while True:
            whole = self.whole[index].match(text, at, size) if index in self.whole else None
            if size - start <= most and self._is_cut(text, at, size, whole, index):
                raise Unended(start)
            if whole:
                places.append(_Place(start=at, form=whole.start("form"), close=whole.start("close"), stop=whole.end()))
            found = whole or ENCLOSED.match(text, at, size) or self.plain.match(text, at, size)
            at = found.end() if found else size
            if not text.startswith(self.delimiter, at, size):
                ended = at >= size or text.startswith(self.ends, at)
                return places if ended or not whole else places[:-1], at
            at, index = at + len(self.delimiter), index + 1

    def _is_cut(self, text: bytes, at: int, size: int, whole: re.Match[bytes] | None, index: int) -> bool:
        """Return whether the block ends within such a text, or right behind it."""
        if whole:
            return whole.end() + max(len(self.delimiter), LONGEST_BLANK) > size
        opens = index in self.opening and self.opening[index].match(text, at, size)
        return bool(opens) and text.find(self.newline, at, size) < 0

    def enclosed(self, record: bytes) -> bytes:
        """Return one record with these texts in the quotes of CSV."""
        places, _ = self.of_record(record, 0, len(record))
        for place in reversed(places):
            field = record[place.start : place.stop].replace(b'"', b'""')
            record = record[: place.start] + b'"' + field + b'"' + record[place.stop :]
        return record


class BareTexts:
    """A reader that changes these texts for another reader."""

    def __init__(self, reader: Reader, form: BareForm, longest: int) -> None:
        self.reader, self.form, self.longest = reader, form, longest

    @property
    def newline(self) -> bytes:
        return self.reader.newline

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the first `size` bytes of a padded block."""
        text, changed = data, list[int]()
        while True:
            reading = self.reader.read(text, size, at_end=at_end, work=work)
            try:
                places = list(self._places(reading, text, size, at_end=at_end))
            except Unended as found:
                (size,) = found.args
                at_end, text = False, text[:size] + PADDING
                continue
            if not places:
                return self._shown(reading, data, changed)
            changed += [place.start for place in places]
            letters = bytearray(text)
            for place in places:
                letters[place.start : place.stop] = place.as_marked(text)
            text = bytes(letters)

    def _places(self, reading: Reading, text: bytes, size: int, *, at_end: bool) -> Iterator[_Place]:
        """Yield where such texts stand in malformed records. Raises Unended."""
        if text.find(FORM, 0, size) < 0:
            return
        faults = {int(reading.starts[row]): fault for row, fault in reading.records.malformed.items()}
        if reading.unended:
            faults[reading.consumed] = reading.unended
        walked, most = 0, 0 if at_end else self.longest
        for start, fault in sorted(faults.items()):
            if fault.why is Malformation.BARE_QUOTE and start >= walked:
                places, walked = self.form.of_cut_record(text, start, size, most=most)
                yield from places

    def _shown(self, reading: Reading, data: bytes, changed: list[int]) -> Reading:
        """Return the reading with its records as the file has them."""
        if not changed:
            return reading
        origin = replace(reading.origin or origin_of(reading), data=data)
        return replace(reading, origin=origin, bare=np.array(sorted(changed), np.int64))


def bare_form(dialect: Dialect, layout: Layout) -> BareForm | None:
    """Return the form of these texts in a file; None if no column has them, or its reader needs no help."""
    strict = dialect.quotes is Quotes.STRICT and dialect.escape is Escape.DOUBLED and dialect.quote == '"'
    some = any(column.notation.spreadsheet_text for column in layout.columns)
    return BareForm(dialect, layout) if some and strict and not layout.rescued else None


def with_bare_texts(reader: Reader, contract: Contract, layout: Layout) -> Reader:
    """Return the reader of files with these columns; the same one if no column has such texts."""
    form = bare_form(contract.dialect, layout)
    return BareTexts(reader, form, contract.limits.max_record_bytes) if form else reader
