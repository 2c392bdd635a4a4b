"""What a load does not take from a file as it is written, counted by kind: parts left out, and values altered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

Tally = Mapping[str, int]
"""A number by kind: a `LeftOut` or an `Altered`. A kind that does not occur is not in it."""


class LeftOut(StrEnum):
    """A part of a file that is not a row, and is left out. Lines are physical lines."""

    SEP_LINES = "sep_lines"  # a first line such as `sep=;` that names the delimiter
    LINES_BEFORE_HEADER = "lines_before_header"  # the contract's preamble, and comments there
    LINES_AFTER_HEADER = "lines_after_header"  # lines that the contract skips there, such as units
    REPEATED_HEADERS = "repeated_headers"  # rows that repeat the header or a line beside it
    EMPTY_RECORDS = "empty_records"  # records whose fields are all empty
    COMMENTS = "comments"  # comment lines behind the header
    BLANK_LINES = "blank_lines"  # lines without a byte, behind the header
    TRAILERS = "trailers"  # the contract's trailer
    EOF_MARKS = "eof_marks"  # an end-of-file mark, 0x1A
    FOOTER_LINES = "footer_lines"  # the contract's footer
    NULS = "nuls"  # NUL characters anywhere in the file, not records
    INVALID_BYTES = "invalid_bytes"  # bytes anywhere in the file that are not text in its encoding
    UNDIVIDED = "undivided"  # faults of JSON behind which it is unknown where the next object begins

    DROPPED = "dropped"  # rows of the file that the contract's transform does not return


class Altered(StrEnum):
    """A change of a good row's value that the contract allows: the table has another value than the file."""

    CUT = "cut"  # a text or a number lost what is too long for its column
    ROUNDED = "rounded"  # a number lost digits, and its last digit is rounded
    FILLED = "filled"  # a row ended early, and a missing column is NULL
    REPLACED = "replaced"  # U+FFFD stands for bytes that are not text: characters, anywhere in the file


_ORDER = {kind: place for place, kind in enumerate((*map(str, LeftOut), *map(str, Altered)))}


def total(tallies: Iterable[Tally]) -> dict[str, int]:
    """Return the sum by kind, in the order of the kinds."""
    found: Counter[str] = Counter()
    for tally in tallies:
        found.update(tally)
    return {str(kind): found[kind] for kind in sorted(found, key=_place) if found[kind]}


def listed(tally: Tally) -> str:
    """Return the counts as the operator reads them, such as `comments 2, blank lines 1`."""
    return ", ".join(f"{kind.replace('_', ' ')} {tally[kind]:,}" for kind in sorted(tally, key=_place) if tally[kind])


def _place(kind: str) -> tuple[int, str]:
    """Return a key for sorting; a newer deployment may know more kinds."""
    return _ORDER.get(kind, len(_ORDER)), kind
