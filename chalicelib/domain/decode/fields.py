"""Cells as fields of CSV, in the text that the engine reads: quoted only if they need it, `""` for an empty text.

A cell without a usable value becomes a marked field. It begins with the byte FF, which is in no text, and holds why its
row is bad. `formats/xlsx` turns marks into faults.
"""

from __future__ import annotations

import re

SPECIAL = re.compile('[",\r\n]')


class Day(bytes):
    """The field of a date without a time of day."""


MARK = b"\xff"
TOO_LONG = 1216
"""The load error code of a row that is too long."""
SHOWN_BYTES = 16_384
"""As much of a row that is too long is kept."""


def field_of(text: str) -> bytes:
    """Return a text as a field."""
    if not text:
        return b'""'
    if SPECIAL.search(text):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode("utf-8", "surrogatepass")


def unquoted(field: bytes) -> str:
    """Return the text of a field that `field_of` has made."""
    text = field.decode("utf-8", "surrogatepass")
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def too_long(row: bytes, longest: int) -> bytes:
    """Return the marked field that stands for a row of more bytes than a record may have."""
    reason = f"the record is longer than limits.max_record_bytes ({longest}) (only its first bytes are kept)"
    kept = row[: min(SHOWN_BYTES, max(0, longest - 4 * len(reason)) // 2)].decode(errors="ignore")
    return marked(TOO_LONG, reason, kept)


def marked(code: int, reason: str, shown: str) -> bytes:
    """Return the field of a cell whose row is bad; a reject shows `shown` in its place."""
    text = f"{code} {reason}".encode()
    return b'"' + MARK + text.replace(b'"', b'""') + MARK + shown.replace('"', '""').encode("utf-8", "replace") + b'"'
