"""Cut a JSON file into chunks at the starts of objects, by small reads near the cuts only.

An object of the file begins where an opening brace follows a closing one, with blanks between: within a value a comma
would stand there. In an array the comma stands there as well. So behind a comma an object counts only if it begins as
the file's first object does: with its first name, and with its second name if one value is between. What follows the
brace must be a name and a colon. A text inside quotes can hardly look so, because its quotes are escaped.

The cuts are guesses nevertheless; `books.first_gap` finds every wrong one.
"""

from __future__ import annotations

import re

from chalicelib.domain.formats.boundaries import ranges_between
from chalicelib.domain.formats.json.container import Container
from chalicelib.domain.raw.bytesource import ByteSource, Range

NAME = rb'"[^"\\]*+"\s*+:'
SCALAR = rb'(?:"(?:[^"\\]|\\.)*+"|[^\s{}\[\],:"]++)'
FIRST_NAMES = re.compile(rb'{\s*+("[^"\\]*+")\s*+:\s*+(?:%s\s*+,\s*+("[^"\\]*+")\s*+:)?' % SCALAR)
FIRST_BYTES = 4096


def plan_chunks(source: ByteSource, found: Container, chunk_bytes: int) -> tuple[Range, ...]:
    """Return ranges that cover the values, each of about `chunk_bytes`, or more in a large file.

    There is no range if the file has no value.
    """
    start, end = found.start, found.end
    head = source.read(start, min(FIRST_BYTES, end - start)) if found.array else b""
    return ranges_between(source, start, end, chunk_bytes, _boundary(head))


def _boundary(head: bytes) -> re.Pattern[bytes]:
    """Return the expression of the gap before an object, in an array that begins with this text."""
    gap, first = rb"}\s*+(?={\s*+%s)" % NAME, FIRST_NAMES.match(head)
    if not first:
        return re.compile(gap)
    names = rb"{\s*+%s\s*+:" % re.escape(first[1])
    names += rb"\s*+%s\s*+,\s*+%s\s*+:" % (SCALAR, re.escape(first[2])) if first[2] else b""
    return re.compile(rb"%s|}\s*+,\s*+(?=%s)" % (gap, names), re.DOTALL)
