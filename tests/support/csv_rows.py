"""Rows as Python's csv writes them, whichever Python it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def csv_rows(rows: Iterable[Sequence[Any]], **options: Any) -> str:
    """Write lines that end with LF. Before Python 3.13 csv quotes only those line ends that it ends lines with."""
    lines = []
    for row in rows:
        csv.writer(line := io.StringIO(newline=""), lineterminator="\r\n", **options).writerow(row)
        lines.append(line.getvalue().removesuffix("\r\n") + "\n")
    return "".join(lines)
