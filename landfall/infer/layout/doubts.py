"""Names what a sample leaves open about its fields: empty texts, blanks between columns, a delimiter behind the header.

All of these are comments: the rows alone do not show what the sender means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from landfall.infer.layout.rows import Record, Row
from landfall.text import plural

_RUNS = re.compile(rb"[ \t]{2,}")
LEAST_SHARE = 0.9
"""Share of the lines that must have the header's number of words."""


def doubts(lines: Sequence[Record], rows: Sequence[Row]) -> list[str]:
    """Return what is open, each as a line of TOML or a sentence. `rows` begin with the table's first line."""
    return [*_empty_texts(lines), *_blanks_between(rows), *_ends_in_delimiter(rows)]


def _empty_texts(lines: Sequence[Record]) -> Iterator[str]:
    """Name fields of two quotes in a file that has fields without a byte, too."""
    quoted = sum(record.empty_texts for record in lines)
    bare = sum(value == b"" for record in lines if len(record.values or ()) > 1 for value in record.values or ())
    if quoted and bare > quoted:
        fields = f'{plural(quoted, "field")} {"is" if quoted == 1 else "are"} "", {bare - quoted} without quotes'
        yield f'empty = "text"  # {fields}: with it the former are empty texts, without it all are NULL'


def _blanks_between(rows: Sequence[Row]) -> Iterator[str]:
    """Name a table of one column whose lines have as many words as its header."""
    if len(rows) < 2 or any(len(row) != 1 for row in rows):
        return
    texts = [row[0].strip() for row in rows]
    words = [len(text.split()) for text in texts]
    if words[0] < 2 or words.count(words[0]) < len(words) * LEAST_SHARE:
        return
    if any(_RUNS.search(text) for text in texts):
        yield f'each line has {words[0]} words with several blanks between them: is it format = "fixed_width"?'
    elif not any(b"\t" in text for text in texts):
        yield f'delimiter = " "  # if blanks separate columns: each line has {words[0]} words, as the header has'


def _ends_in_delimiter(rows: Sequence[Row]) -> Iterator[str]:
    """Name a header that ends with a delimiter, if the rows do not."""
    first, below = rows[0], rows[1:]
    short = sum(len(row) == len(first) - 1 for row in below)
    if len(first) > 2 and not first[-1].strip() and short * 2 > len(below):
        yield "the header ends with a delimiter, and the rows do not: they have one column less"
