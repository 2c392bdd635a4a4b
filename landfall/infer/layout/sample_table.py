"""Finds the table in a sample: lines before it, comments, its header, its rows, lines behind it.

Nothing that would leave out a row is proposed as a setting unless the lines cannot be rows. Every line that is left out
is counted in a comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.contract.contract import FileFormat
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.notation import Span
from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.formats.csv.preamble import SEP_LINE
from chalicelib.domain.formats.csv.tail import EOF_MARK
from landfall.infer.layout.around import around
from landfall.infer.layout.dialects import detect, table_width
from landfall.infer.layout.doubts import doubts
from landfall.infer.layout.looks import may_name
from landfall.infer.layout.naming import Naming, naming
from landfall.infer.layout.rows import Record, Row, records
from landfall.infer.layout.sample import Sample
from landfall.text import plural

MOST_AROUND = 20
"""Most lines before or behind a table."""


@dataclass(frozen=True, kw_only=True)
class SampleTable:
    """A table: its dialect, its names, its rows."""

    dialect: Dialect
    names: tuple[str, ...]
    """The header's texts; without a header `column_1` and so on."""
    rows: list[Row]
    """The rows of the header's width."""
    ascii: bool
    """Whether the text reads the same in every encoding of bytes."""
    whole: bool
    """Whether the rows are all rows of the file."""
    notes: tuple[str, ...]
    """What is uncertain, each a line for the operator. One that is a setting is written as TOML."""
    format: FileFormat = FileFormat.CSV
    sheet: Sheet = field(default_factory=Sheet)
    """Where the table is in a workbook."""
    paths: tuple[str, ...] = ()
    """In JSON the path of each column; empty for a field of the objects themselves."""
    documents: frozenset[int] = frozenset()
    """Columns with arrays, or with objects whose fields change."""
    spans: tuple[Span, ...] = ()
    """In lines of fixed width where each column stands."""
    types: tuple[str, ...] = ()
    """The types that the file itself gives its columns; empty for a column whose values decide."""


def find_table(found: Sample) -> SampleTable:
    """Detect the dialect of a sample, and read its table."""
    sep, text = _without_marks(found)
    dialect = detect(text, Dialect(newline=found.newline, encoding=found.encoding), sep)
    lines = list(records(text, dialect))
    if not any(record.values for record in lines):
        return SampleTable(dialect=dialect, names=(), rows=[], ascii=True, whole=True, notes=found.notes)
    width = table_width(lines)
    lines, dialect, comments = _without_comments(lines, width, dialect)
    lines, width, dialect, trailing = _without_trailing(lines, width, dialect)
    begin = _beginning(lines, width)
    before = _lines_before(text, lines[begin].start, dialect) + bool(sep) if begin else 0
    table = [record.values for record in lines[begin:]]
    rows = [row for row in table if row is not None]
    body = list(_filled(rows[1:], width, len(rows[0])))
    shown = naming(rows[0], body)
    names, dialect = _named(rows[0], shown, replace(dialect, preamble_lines=before))
    body = body if shown.header else [rows[0], *body]
    notes = [*found.notes, *comments, *trailing, *_before(before), *_doubt(shown), *_bare_quotes(dialect)]
    notes += doubts(lines, rows)
    notes += around(table[1:] if shown.header else table, rows[0] if shown.header else [], whole=found.whole)
    return SampleTable(
        dialect=dialect,
        names=names,
        rows=body,
        ascii=text.isascii(),
        whole=found.whole,
        notes=tuple(notes),
    )


def _without_marks(found: Sample) -> tuple[str, bytes]:
    """Return the delimiter that a first line such as `sep=;` names, and the text without it and without an EOF mark."""
    text = EOF_MARK.sub(b"", found.text) if found.whole else found.text
    sep = SEP_LINE.match(text)
    if not sep or not sep[2].isascii():
        return "", text
    return sep[2].decode(), text[sep.end() :].removeprefix(b"\r").removeprefix(b"\n")


def _without_trailing(
    lines: list[Record], width: int, dialect: Dialect
) -> tuple[list[Record], int, Dialect, list[str]]:
    """Cut the empty field behind a delimiter that ends each row. The header may end with one, too."""
    whole = [record.values for record in lines if record.values and len(record.values) == width]
    if width < 2 or len(whole) < 2 or any(row[-1] for row in whole):
        return lines, width, dialect, []
    cut = [
        record._replace(values=record.values[:-1]) if record.values and len(record.values) == width else record
        for record in lines
    ]
    return cut, width - 1, replace(dialect, trailing_delimiter=True), ["each row ends with a delimiter, and no value"]


def _filled(rows: Sequence[Row], width: int, header: int) -> Iterator[Row]:
    """Yield the rows of the header's width. If most rows are narrower, they are rows too, with empty fields behind."""
    for row in rows:
        if len(row) == header:
            yield row
        elif len(row) == width < header:
            yield [*row, *[b""] * (header - width)]


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


# ---- before the table ------------------------------------------------------------------------------------------------


def _lines_before(text: bytes, stop: int, dialect: Dialect) -> int:
    """Count the lines before an index, without comments: they are not lines of the preamble."""
    lines = text[:stop].split(dialect.line_end)[:-1]
    return sum(not (dialect.comment and line.startswith(b"#")) for line in lines)


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
    other = 'if it is a row: header = false, and columns = ["...", ...]'
    if not shown.header:
        other = "if it names the columns: remove header and columns"
    return [f"{shown.why or 'the first line is uncertain'}: {taken}; {other}"]
