"""Rejects as a table for people: CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cli.faults import usage

COLUMNS = ("line", "byte_offset", "column", "code", "reason", "record")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that starts so for a formula. Source: OWASP, CSV Injection."""


def harmless(text: str) -> str:
    """The text; with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_rejects(path: Path, rejects: Iterable[Mapping[str, Any]]) -> int:
    """Write rejects as they come. Returns how many there were. Raises CommandError."""
    if str(path) == "-":
        raise usage("- is no file: --out writes one; --json writes to standard output")
    try:
        with path.open("w", newline="", encoding="utf-8-sig") as out:  # the mark tells spreadsheets that it is UTF-8
            writer = csv.writer(out)
            writer.writerow(COLUMNS)
            count = 0
            for count, reject in enumerate(rejects, start=1):  # noqa: B007
                writer.writerow([harmless(str(reject.get(name, ""))) for name in COLUMNS])
            return count
    except OSError as error:
        raise usage(f"{path} cannot be written: {error.strerror}") from None
