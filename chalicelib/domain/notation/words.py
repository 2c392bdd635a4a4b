"""Read one boolean or text, and take off what stands around a value."""

from __future__ import annotations

import re
from functools import cache

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.texts import BOOLEANS
from chalicelib.domain.contract.column import ColumnType
from chalicelib.domain.contract.notation import Notation, Trim
from chalicelib.domain.contract.tally import Altered
from chalicelib.domain.notation.canonical import Canonical, Read

BLANKS = b" \t"
BARE = b"\0"
"""The first byte of a spreadsheet's text that stands without the quotes of CSV. No other value with NUL is read."""
INVISIBLE = "\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Signs without width, which Unicode does not count as white space."""
MOST_BLANK = 0x3001
"""All white space of Unicode comes before this code point."""


def boolean_reader(notation: Notation) -> Read:
    """Return the reader of booleans: the contract's words come before Redshift's."""
    words = {word.lower(): b"true" for word in notation.true} | {word.lower(): b"false" for word in notation.false}

    def read(value: bytes) -> Canonical | Fault:
        found = words.get(value.decode("utf-8", "surrogateescape").lower(), value)
        if found.lower() in BOOLEANS:
            return Canonical(text=found)
        reason = "is not a boolean: neither one of the contract's words nor t, true, y, yes, 1, f, false, n, no, 0"
        return Fault(code=RowCode.BOOLEAN, reason=reason)

    return read


def cutting_reader(kind: ColumnType) -> Read:
    """Return the reader that cuts texts behind the last whole character that the column can hold."""

    def read(value: bytes) -> Canonical | Fault:
        if len(value) <= kind.length or not _is_text(value):
            return Canonical(text=value)
        stop = kind.length
        while value[stop] & 0xC0 == 0x80:  # inside a character
            stop -= 1
        return Canonical(text=value[:stop], altered=Altered.CUT)

    return read


def _is_text(value: bytes) -> bool:
    """Return whether the value can be stored at all: what is cut off must not hide a fault."""
    try:
        return "\0" not in value.decode()
    except UnicodeDecodeError:
        return False


@cache
def blank_pattern(trim: Trim) -> bytes:
    """Return the pattern of one character that is left out around a value, except line ends."""
    if trim is Trim.NONE:
        return b"(?!)"
    if trim is Trim.BLANKS:
        return b"[%s]" % BLANKS
    left_out = {chr(point) for point in range(MOST_BLANK) if chr(point).isspace()} | {*INVISIBLE}
    return b"(?:%s)" % b"|".join(re.escape(sign.encode()) for sign in sorted(left_out - {"\r", "\n"}))


def bare(value: bytes, notation: Notation) -> bytes:
    """Return the value without what the contract allows around it."""
    if notation.spreadsheet_text and value[:1] == BARE:
        return _trimmed(value[1:], notation.trim)
    value = _trimmed(value, notation.trim)
    if not notation.spreadsheet_text or len(value) < 3 or value[:2] != b'="' or value[-1:] != b'"':
        return value
    text = value[2:-1].replace(b'""', b"\0")
    return value if b'"' in text or b"\0" in value else _trimmed(text.replace(b"\0", b'"'), notation.trim)


def _trimmed(value: bytes, trim: Trim) -> bytes:
    if trim is Trim.NONE:
        return value
    value = value.strip(BLANKS)
    if trim is Trim.BLANKS or (value.isascii() and value.strip() == value):
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value
    while (less := text.strip().strip(INVISIBLE)) != text:
        text = less
    return text.encode()
