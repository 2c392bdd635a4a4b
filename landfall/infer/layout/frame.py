"""Finds the table in a sample: lines before it, comments, its header, its rows, lines behind it.

Nothing that would leave out a row is proposed as a setting unless the lines cannot be rows. Every line that is left out
is counted in a comment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.contract.dialect import Dialect, Newline
from landfall.infer.layout.around import around
from landfall.infer.layout.dialects import detect, table_width
from landfall.infer.layout.looks import may_name
from landfall.infer.layout.naming import Naming, naming
from landfall.infer.layout.rows import Record, Row, records
from landfall.infer.layout.sample import Sample
from landfall.text import plural

MOST_AROUND = 20
"""Most lines before or behind a table."""


@dataclass(frozen=True, kw_only=True)
class Framed:
    """A table: its dialect, its names, its rows."""

    dialect: Dialect
    names: tuple[str, ...]
    """The header's texts; without a header `column_1` and so on."""
    rows: list[Row]
    """The rows of the header's width."""
    others: int
    """Number of lines in the table with another width, or at fault."""
    ascii: bool
    """Whether the text reads the same in every encoding of bytes."""
    notes: tuple[str, ...]
    """What is uncertain, each a line for the operator. One that is a setting is written as TOML."""


def framed(found: Sample) -> Framed:
    """Detect the dialect of a sample, and read its table."""
    dialect = detect(found.text, Dialect(newline=found.newline, encoding=found.encoding))
    lines = list(records(found.text, dialect))
    if not any(record.values for record in lines):
        return Framed(
            dialect=dialect, names=(), rows=[], others=len(lines), ascii=found.text.isascii(), notes=found.notes
        )
    width = table_width(lines)
    lines, dialect, comments = _without_comments(lines, width, dialect)
    begin = _beginning(lines, width)
    before = found.text.count(_end(dialect), 0, lines[begin].start) - _comment_lines(
        found.text, lines[begin].start, dialect
    )
    table = [record.values for record in lines[begin:]]
    rows = [row for row in table if row is not None]
    shown = naming(rows[0], [row for row in rows[1:] if len(row) == len(rows[0])])
    names, dialect = _named(rows[0], shown, replace(dialect, preamble_lines=before if begin else 0))
    body = [row for row in (rows[1:] if shown.header else rows) if len(row) == len(names)]
    notes = [*found.notes, *comments, *_before(begin and before), *_doubt(shown), *_bare_quotes(dialect)]
    notes += around(table[1:] if shown.header else table, rows[0] if shown.header else [], whole=found.whole)
    return Framed(
        dialect=dialect,
        names=names,
        rows=body,
        others=len(table) - shown.header - len(body),
        ascii=found.text.isascii(),
        notes=tuple(notes),
    )


def _end(dialect: Dialect) -> bytes:
    return b"\r" if dialect.newline is Newline.CR else b"\n"


# ---- comments --------------------------------------------------------------------------------------------------------


def _without_comments(lines: list[Record], width: int, dialect: Dialect) -> tuple[list[Record], Dialect, list[str]]:
    """Leave out lines with a `#` if none of them can be a row."""
    hashed = [record for record in lines if record.hashed]
    rows = sum(len(record.values or ()) == width for record in hashed)
    if not hashed or (rows == len(hashed) and width > 1):
        return lines, dialect, []
    if rows or width == 1:
        lines_ = plural(len(hashed), "line")
        return lines, dialect, [f'comment = "#"  # {lines_} would be left out: they begin with #, but may be rows']
    rest = [record for record in lines if not record.hashed]
    return rest, replace(dialect, comment="#"), [f"{plural(len(hashed), 'line')} that begin with # are left out"]


def _comment_lines(text: bytes, stop: int, dialect: Dialect) -> int:
    """Count the comments before an index: they are not lines of the preamble."""
    if not dialect.comment:
        return 0
    return sum(line.startswith(b"#") for line in text[:stop].split(_end(dialect)))


# ---- before the table ------------------------------------------------------------------------------------------------


def _beginning(lines: Sequence[Record], width: int) -> int:
    """Return the index of the table's first line: 0, unless lines before a header cannot belong to the table."""
    for place, record in enumerate(lines[: MOST_AROUND + 1]):
        row = record.values
        if row is None or len(row) != width or _mostly_blank(row):
            continue
        return place if place and _is_header(lines, place) else 0
    return 0


def _mostly_blank(row: Row) -> bool:
    """Return whether a row has at most one value, as a title that is padded with delimiters."""
    return len(row) > 1 and sum(bool(value.strip()) for value in row) <= 1


def _is_header(lines: Sequence[Record], place: int) -> bool:
    """Return whether a line is a header that the lines before it are not."""
    row = lines[place].values or []
    if not may_name(row) or not all(value.strip() for value in row):
        return False
    below = [record.values for record in lines[place + 1 :] if record.values and len(record.values) == len(row)]
    before = [record.values or [] for record in lines[:place]]
    narrow = all(len(values) * 2 <= len(row) or _mostly_blank(values) for values in before)
    shown = naming(row, below)
    return shown.header and (shown.sure or (narrow and len(row) > 2))


def _before(lines: int) -> list[str]:
    return [f"{plural(lines, 'line')} before the header {'is' if lines == 1 else 'are'} left out"] if lines else []


def _bare_quotes(dialect: Dialect) -> list[str]:
    return [] if dialect.quote else ["quotes are taken for text, because some do not enclose a field: quote = '\"'"]


def _named(first: Row, shown: Naming, dialect: Dialect) -> tuple[tuple[str, ...], Dialect]:
    if shown.header:
        return tuple(value.decode("utf-8", "replace").strip() for value in first), dialect
    return tuple(f"column_{place}" for place in range(1, len(first) + 1)), replace(dialect, header=False)


def _doubt(shown: Naming) -> list[str]:
    if shown.sure:
        return []
    taken = "it is taken for the header" if shown.header else "it is taken for a row"
    other = 'if it is a row: header = false, and columns = ["...", ...]' if shown.header else "if it is the header"
    return [f"{shown.why or 'the first line is uncertain'}: {taken}; {other}"]
