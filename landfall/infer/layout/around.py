"""Names the lines of a table that may be no rows, with the settings that would leave them out or complete them.

All of these are comments: a short line may also be a row that was cut.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence

from landfall.infer.layout.looks import Look, columns_below, look, looks
from landfall.infer.layout.rows import Row
from landfall.infer.toml_text import text
from landfall.text import plural

MOST_BEHIND = 20
MARKED_END = b"\x1a"
_WORD = re.compile(rb"[A-Za-z][A-Za-z ]{1,15}")
"""The beginning of a trailer, such as `EOF` or `Total`."""


def around(table: Sequence[Row | None], header: Row, *, whole: bool) -> list[str]:
    """Return the settings for lines that may be no rows, each as a line of TOML with its reason."""
    width = len(header) or max((len(row) for row in table if row is not None), default=0)
    notes = [*_units(table, header), *_repeated(table, header), *_blank(table), *_short(table, width)]
    return notes + (list(_behind(table, width)) if whole else [])


def _units(table: Sequence[Row | None], header: Row) -> Iterator[str]:
    """Name a line of units behind the header: texts over numbers."""
    if len(table) < 3 or not header or table[0] is None or len(table[0]) != len(header):
        return
    rows = [row for row in table[1:] if row is not None]
    typed = [looks(values) for values in columns_below(rows[:200], len(header))]
    own = [look(value) for value in table[0]]
    over = sum(a is Look.TEXT and b not in (Look.TEXT, Look.NONE) for a, b in zip(own, typed, strict=True))
    if over and all(kind in (Look.TEXT, Look.NONE) for kind in own):
        yield "skip_after_header = 1  # the line behind the header may be units: it has texts over numbers"


def _repeated(table: Sequence[Row | None], header: Row) -> Iterator[str]:
    marked = (BOM_UTF8 + header[0], *header[1:]) if header else ()  # of a further file that was joined
    if header and (count := sum(row is not None and tuple(row) in (tuple(header), marked) for row in table)):
        yield f'repeated_header = "skip"  # {_lines(count, "is the header again", "are the header again")}'


def _blank(table: Sequence[Row | None]) -> Iterator[str]:
    count = sum(row is not None and len(row) > 1 and not b"".join(row).strip() for row in table)
    if count:
        yield f'empty_records = "skip"  # {_lines(count, "has no value", "have no value")}'


def _short(table: Sequence[Row | None], width: int) -> Iterator[str]:
    """Name a table whose rows lack fields at their ends."""
    short = sum(row is not None and len(row) < width for row in table)
    if short * 2 > len(table):
        yield f'short_rows = "fill"  # {_lines(short, "has", "have")} fewer fields than the header'


def _behind(table: Sequence[Row | None], width: int) -> Iterator[str]:
    """Propose a footer: the last lines are narrower than the table."""
    last = [row for row in table if row != [MARKED_END]]
    count = 0
    while count < min(len(last), MOST_BEHIND) and _is_narrow(last[-1 - count], width):
        count += 1
    if count == 0:
        yield from _trailer([row for row in last if row], width)
    if not 0 < count < min(MOST_BEHIND, len(last)):
        return
    first = (last[-1] or [b""])[0]
    if count == 1 and _WORD.fullmatch(first):
        yield f"trailer = {{ starts_with = {text(first.decode())} }}  # if every file ends with such a line"
    why = _lines(count, "at the end is no row", "at the end are no rows")
    yield f"footer_lines = {count}  # {why}: if every file ends so"


def _trailer(rows: Sequence[Row], width: int) -> Iterator[str]:
    """Name a last line of the table's width that begins with a word, under numbers or dates."""
    above = columns_below(rows[:-1], width)
    if not above or looks(above[0]) in (Look.TEXT, Look.NONE) or not _WORD.fullmatch(rows[-1][0]):
        return
    counts = [place for place, value in enumerate(rows[-1], 1) if value == b"%d" % (len(rows) - 1)]
    field = f", count_field = {counts[0]}" if counts else ""
    starts = text(rows[-1][0].decode())
    yield f"trailer = {{ starts_with = {starts}{field} }}  # if the last line is no row, and every file ends with one"


def _is_narrow(row: Row | None, width: int) -> bool:
    return row is None or len(row) < width


def _lines(count: int, one: str, more: str) -> str:
    return f"{plural(count, 'line')} {one if count == 1 else more}"
