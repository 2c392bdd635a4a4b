"""Convert blocks of a file to text that COPY reads; records that COPY already reads correctly keep their bytes.

A dialect that COPY does not support costs nothing in blocks without its signs: a null word, a comment, a backslash, or
a quote that is text. In other blocks `record_reader.py` reads each record. A record that COPY would read wrongly is
rewritten. Other records stay unchanged, so the staged text does not depend on the bounds of the blocks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import IS_NULL_WORD, RowFault, ragged
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import IGNORED, RESCUED, Limits
from chalicelib.domain.contract.dialect import NULL_WORD, Dialect, Empty, Newline, Quotes
from chalicelib.domain.contract.tally import Altered, LeftOut
from chalicelib.domain.formats.csv.block_reader import BlockReader
from chalicelib.domain.formats.csv.edits import MOST_ROW_BYTES, Editor
from chalicelib.domain.formats.csv.grammar import Grammar, Malformation, Malformed
from chalicelib.domain.formats.csv.reading import Origin, Reading, read_plain
from chalicelib.domain.formats.csv.record_reader import CR, Found, More, RecordReader, null_words
from chalicelib.domain.formats.csv.records import scan
from chalicelib.domain.formats.csv.work import Work
from chalicelib.domain.raw.swar import PADDING, fields_of


@dataclass(kw_only=True)
class _Rows:
    """The rows of one block that are read so far."""

    texts: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    malformed: dict[int, Malformed] = field(default_factory=dict)
    faults: dict[int, RowFault] = field(default_factory=dict)
    filled: list[int] = field(default_factory=list)
    left_out: dict[int, LeftOut] = field(default_factory=dict)

    def add(self, text: bytes, start: int, end: int, stop: int) -> None:
        self.texts.append(text)
        self.starts.append(start)
        self.ends.append(end)
        self.stops.append(stop)


class Transcoder:
    """Reads one file's dialect; `columns` are the file's columns in order, `rescued` header names by column index."""

    def __init__(self, dialect: Dialect, limits: Limits, columns: Sequence[Column], rescued: Mapping[int, str]) -> None:
        self.reader = RecordReader(dialect, limits)
        self.newline = self.reader.newline
        self.grammar = Grammar.of(dialect, limits)
        self.width = len(columns) + len(rescued) - bool(rescued)
        self.rescued = {index: json.dumps(name) for index, name in rescued.items()}
        self.text_counts = dialect.empty is Empty.TEXT
        self.comment = dialect.comment.encode()
        self.null = null_words(dialect)
        self.lenient = dialect.quotes is Quotes.LENIENT
        self.returns = dialect.newline is Newline.LF
        placed = [column for column in columns if column.name != RESCUED] if rescued else list(columns)
        for index in sorted(rescued):
            placed.insert(index, columns[-1])
        kinds = [column.type for column in placed]
        loaded = [not column.name.startswith(IGNORED) for column in placed]
        self.marked = [kind.needs_null_word for kind in kinds]
        self.texts = [kind.is_text for kind in kinds]
        never = rescued or self.reader.delimiter != self.reader.staged_delimiter
        nulls = [self._word(None, place) for place in range(self.width)]
        self.editor = Editor(self.grammar, self.reader, nulls, loaded, dialect)
        # In a column that is marked but no text, an empty field is no value: COPY would refuse it.
        self.always = bool(never) or (self.text_counts and (b"" in self.null or self.marked != self.texts))
        self._shows = self._signs(dialect)

    def _signs(self, dialect: Dialect) -> list[bytes]:
        """Return the bytes that must be absent from a block that is read unchanged."""
        signs = [word for word in self.null if word]
        signs += [b'"'] if not dialect.quote else []
        signs += [b"\\"] if self.reader.backslash else []
        signs += [self.reader.newline + self.comment] if self.comment else []
        signs += [NULL_WORD.encode()] if self.text_counts else []
        return signs if self.returns else [*signs, b"\n", self.reader.staged_quote]

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the first `size` bytes of a padded block."""
        if self._plain(data, size):
            text = data if self.returns else data[:size].replace(CR, b"\n") + PADDING
            reading = read_plain(text, size, self.grammar, at_end=at_end, work=work)
            if not (self.lenient and (reading.records.malformed or reading.unended)):
                return self.editor.edited(reading)
        work.spend(size)
        return self._written(BlockReader(self.reader, data, size, at_end=at_end, work=work))

    def _plain(self, data: bytes, size: int) -> bool:
        if self.always or (self.comment and data.startswith(self.comment)):
            return False
        return all(data.find(sign, 0, size) < 0 for sign in self._shows)

    # ---- record by record -------------------------------------------------------------------------------------------

    def _written(self, block: BlockReader) -> Reading:
        rows, at, unended = _Rows(), 0, None
        data, size, at_end = block.data, block.size, block.at_end
        while at < size:
            end = data.find(self.reader.newline, at, size)
            stop = self._line(rows, block, at, end)
            if isinstance(stop, Malformed):
                fault, stop = stop, end + 1 if end >= 0 else size
                if end < 0 and not at_end:
                    unended = fault
                    break
                rows.malformed[len(rows.texts)] = fault
                rows.add(b"", at, self._end(data, at, end if end >= 0 else size), stop)
            if stop < 0:
                break
            at = stop
        block.account()
        return self._reading(rows, data, size, at, unended)

    def _end(self, data: bytes, start: int, end: int) -> int:
        """Return the index after a record whose line feed, or the file's end, is at `end`."""
        return end - 1 if self.returns and end > start and data.startswith(CR, end - 1, end) else end

    def _line(self, rows: _Rows, block: BlockReader, at: int, end: int) -> int | Malformed:
        """Add the row at `at`, whose line ends at `end`. Return the next row's start; -1 if it is unknown so far."""
        reader, data, size, at_end = self.reader, block.data, block.size, block.at_end
        if self.comment and not at_end and end < 0 and size - at < len(self.comment):
            return -1
        comment = bool(self.comment) and data.startswith(self.comment, at, size)
        if comment or (end >= 0 and (end == at or (end == at + 1 and self.returns and data[at] == CR[0]))):
            return self._left_out(rows, data, at, end, size, at_end, comment)
        if end < 0 or end - at > reader.longest or reader.special.search(data, at, end):
            found = block.record(at)
            if isinstance(found, More):
                return -1
            if isinstance(found, Malformed):
                return found
            return self._record(rows, data, at, found, size)
        line = data[at : end - (self.returns and data[end - 1] == CR[0])]
        values: list[bytes | None] = list(line.split(reader.delimiter))
        changed = self.always or CR in line or not self.null.isdisjoint(values)
        if changed:
            values = [None if value in self.null else value for value in values]
        return self._record(rows, data, at, Found(end, values, changed), size)

    def _left_out(
        self, rows: _Rows, data: bytes, at: int, end: int, size: int, at_end: bool, comment: bool
    ) -> int | Malformed:
        """Add a comment or a blank line, which are not rows."""
        if (end if end >= 0 else size) - at > self.reader.longest:
            return Malformed(why=Malformation.TOO_LONG, at=at)
        if end < 0 and not at_end:
            return -1
        if comment:
            rows.left_out[len(rows.texts)] = LeftOut.COMMENTS
        stop = end + 1 if end >= 0 else size
        rows.add(b"", at, self._end(data, at, end if end >= 0 else size), stop)
        return stop

    def _record(self, rows: _Rows, data: bytes, at: int, found: Found, size: int) -> int:
        stop = min(found.stop + 1, size)
        row, end = len(rows.texts), self._end(data, at, found.stop)
        if end == at:  # a last line with only a carriage return
            rows.add(b"", at, end, stop)
            return stop
        if self.editor.skips and len(found.values) > 1 and not data[at:end].replace(self.reader.delimiter, b""):
            rows.left_out[row] = LeftOut.EMPTY_RECORDS
            rows.add(b"", at, end, stop)
            return stop
        text, width = found.closed_up or data[at : found.stop], len(found.values)
        if self.editor.fills and width < self.width:
            rows.filled += [row] * self.editor.missing[width]
            found.values.extend([None] * (self.width - width))
            text = text.removesuffix(CR) + self.editor.fillings[width] + text[len(text.removesuffix(CR)) :]
        if fault := self._fault(found.values):
            rows.faults[row], text = fault, b""
        elif found.changed or self.always:
            text = self.reader.written(self._staged(found.values))
        if len(text) > MOST_ROW_BYTES:
            rows.malformed[row], text = Malformed(why=Malformation.TOO_LONG, at=at), b""
        rows.add(text, at, end, stop)
        return stop

    def _fault(self, values: Sequence[bytes | None]) -> RowFault | None:
        if self.text_counts and NULL_WORD.encode() in values:
            return RowFault(column="", code=RowCode.CONTRACT, reason=IS_NULL_WORD)
        if not self.rescued:
            return None
        if len(values) != self.width:
            return ragged(len(values), self.width, ends_empty=not values[-1])
        for index in self.rescued:
            value = values[index] or b""
            if b"\0" in value:
                return RowFault(column=RESCUED, code=RowCode.NUL, reason="has a NUL byte")
            try:
                value.decode()
            except UnicodeDecodeError:
                return RowFault(column=RESCUED, code=RowCode.UTF8, reason="is not valid UTF-8")
        return None

    def _staged(self, values: Sequence[bytes | None]) -> list[bytes]:
        """Return the values in the order of staging, with NULL as COPY expects it."""
        if len(values) != self.width:
            return [value or b"" for value in values]
        kept = [self._word(values[p], p) for p in range(self.width) if p not in self.rescued]
        return [*kept, self._document(values)] if self.rescued else kept

    def _word(self, value: bytes | None, index: int) -> bytes:
        if self.text_counts and self.marked[index] and (value is None or not (value or self.texts[index])):
            return NULL_WORD.encode()
        return value or b""

    def _document(self, values: Sequence[bytes | None]) -> bytes:
        """Return the columns outside the contract as a JSON object by header name."""
        pairs = []
        for index, name in self.rescued.items():
            value = values[index]
            absent = value is None or (not value and not self.text_counts)
            pairs.append(f"{name}: {'null' if absent else json.dumps((value or b'').decode(), ensure_ascii=False)}")
        return ("{" + ", ".join(pairs) + "}").encode()

    def _reading(self, rows: _Rows, data: bytes, size: int, consumed: int, unended: Malformed | None) -> Reading:
        text = b"\n".join([*rows.texts, b""])
        padded = text + PADDING
        block = fields_of(padded)
        roomy = replace(self.grammar, longest=len(padded), blanks=False)
        records = scan(block.data, len(text), at_end=True, grammar=roomy)
        starts, ends, stops = (np.array(index, np.int64) for index in (rows.starts, rows.ends, rows.stops))
        return Reading(
            data=padded,
            block=block,
            records=replace(records, malformed=rows.malformed),
            starts=starts,
            line_feeds=np.flatnonzero(np.frombuffer(data, np.uint8)[:size] == self.reader.newline[0]),
            consumed=consumed,
            unended=unended,
            origin=Origin(
                data=data,
                starts=starts,
                ends=ends,
                stops=stops,
                faults=rows.faults,
            ),
            left_out=rows.left_out,
            altered={Altered.FILLED: np.array(rows.filled, np.int64)} if rows.filled else {},
        )
