"""Detects the delimiter, the quote and the escape of a sample.

Each likely dialect reads the beginning by the engine's own reader. A delimiter counts only if the table's first line
has it, too: values often have commas, colons and at signs, names do not. Of the dialects that are left, the one that
reads the most rows of one width wins, then the one with the most columns, then the commoner one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chalicelib.domain.contract.dialect import Dialect, Escape, Quotes
from landfall.infer.layout.looks import Look, look, plainly_names
from landfall.infer.layout.naming import naming
from landfall.infer.layout.rows import Record, Row, records

TRIED_BYTES = 32 << 10
"""Bytes of the sample that each dialect reads."""
USUAL = (",", ";", "\t", "|", "\x1f", "\x01", "\x1e")
RARE = ("^", "~", ":", "#", "@", "!", "*", "/", "=", "&", "+", "%", "$")
"""Delimiters that values often have: the first row must have plain names."""
_SIGNS = re.compile(r"""[^\w\s"'.(){}\[\]<>-]{2,8}|[~|^#][^\w\s"']{1,7}""")
DOUBLED = ("||", "::", "~~", "^^")
RUNS_BYTES = 4_096
"""Bytes in which delimiters of several signs are looked for."""
LEAST_SHARE = 0.5
"""Share of the rows that a table must have."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The rows of a sample as a dialect reads them."""

    dialect: Dialect
    width: int
    """Number of columns; 1 if the dialect finds no table of several."""
    share: float
    """Share of the lines that are rows of this width."""
    faults: int
    """Number of lines that are no records."""

    @property
    def order(self) -> tuple[float, bool, int]:
        """The better trial is greater."""
        return round(self.share, 2), self.dialect.delimiter not in RARE, self.width


def detect(text: bytes, base: Dialect, named: str = "") -> Dialect:
    """Return the dialect of a sample. `named` is the delimiter that the file names."""
    end = base.line_end
    head = text[:TRIED_BYTES]
    if len(head) < len(text):
        head = head[: head.rfind(end) + 1] or head
    candidates = [named] if named else list(_delimiters(head))
    trials = [_best_quoting(head, replace(base, delimiter=delimiter)) for delimiter in candidates]
    tables = [trial for trial in trials if trial.width > 1 and trial.share >= LEAST_SHARE]
    if tables:
        return max(tables, key=lambda trial: trial.order).dialect
    return _best_quoting(head, replace(base, delimiter=named or _absent(text))).dialect


def _absent(text: bytes) -> str:
    """Return a delimiter for one column: one that no value has."""
    return next((sign for sign in (*USUAL, *RARE) if sign.encode() not in text), "\x1e")


def _delimiters(head: bytes) -> Iterator[str]:
    """Yield the delimiters that occur, the commoner ones first. One sign counts only if it also stands alone."""
    runs = Counter(_SIGNS.findall(head[:RUNS_BYTES].decode("utf-8", "replace"))).most_common(2)
    several = [run for run, count in runs if count > 1 and run.isascii()]
    alone = head
    for run in (*several, *DOUBLED):
        alone = alone.replace(run.encode(), b"")
    yield from (sign for sign in USUAL if sign.encode() in alone)
    yield from dict.fromkeys((*several, *(run for run in DOUBLED if run.encode() in head)))
    yield from (sign for sign in RARE if sign.encode() in alone)


def _best_quoting(head: bytes, base: Dialect) -> Trial:
    """Return the plainest quotes and escapes that read the most of a sample."""
    plain = _trial(head, base)
    if not plain.faults and not _apostrophes(head, base.delimiter):
        return plain
    best = plain
    for dialect in _quotings(head, base):
        trial = _trial(head, dialect)
        if (trial.share, -trial.faults) > (best.share, -best.faults):
            best = trial
    if best.faults and b'"' in head:
        bare = _trial(head, replace(base, quote=""))
        best = bare if bare.share > best.share else best
    return best


def _quotings(head: bytes, base: Dialect) -> Iterator[Dialect]:
    if re.search(re.escape(base.delimiter.encode()) + rb' +"', head):
        yield replace(base, blank_before_quote=True)
    quotes = ['"'] + ["'"] * _apostrophes(head, base.delimiter)
    for quote in quotes:
        yield replace(base, quote=quote)
        if b"\\" in head:
            yield replace(base, quote=quote, escape=Escape.BACKSLASH)
        yield replace(base, quote=quote, quotes=Quotes.LENIENT)


def _apostrophes(head: bytes, delimiter: str) -> bool:
    """Return whether apostrophes seem to enclose fields."""
    sign = re.escape(delimiter.encode())
    return re.search(rb"(?:^|%s)'[^'\r\n]*(?:''[^'\r\n]*)*'(?:%s|\r?$)" % (sign, sign), head, re.MULTILINE) is not None


def _trial(head: bytes, dialect: Dialect) -> Trial:
    found = list(records(head, dialect))
    width = table_width(found)
    rows = [record.values for record in found if record.values and not _comment(record, width)]
    faults = sum(record.values is None and not record.hashed for record in found)
    fitting = sum(len(row) == width for row in rows)
    if width > 1 and not _has_header(rows, width, dialect):
        width, fitting = 1, sum(len(row) == 1 for row in rows)
    return Trial(dialect=dialect, width=width, share=fitting / max(len(rows) + faults, 1), faults=faults)


def _comment(record: Record, width: int) -> bool:
    return record.hashed and len(record.values or ()) != width


def table_width(found: list[Record]) -> int:
    """Return the width that most records have; of equals, the greater one."""
    widths = Counter(len(record.values) for record in found if record.values and not record.hashed)
    widths = widths or Counter(len(record.values) for record in found if record.values)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _has_header(rows: list[Row], width: int, dialect: Dialect) -> bool:
    """Return whether the first line of the table is split like the rows below, or as a header of another width."""
    first = next(place for place, row in enumerate(rows) if len(row) == width)
    if dialect.delimiter in RARE and not (first == 0 and plainly_names(rows[0])):
        return False
    if first == 0:
        return True
    if len(rows[0]) > 1 and len(rows[0]) * 2 > width and look(rows[0][-1]) in (Look.TEXT, Look.NONE):
        return True
    shown = naming(rows[first], rows[first + 1 :])
    return shown.header and shown.sure
