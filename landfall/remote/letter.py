"""A letter to the supplier about the bad rows of a file: plain text, to be sent as it is.

Guarantees that it holds no value of a row: causes, counts, lines and column names only.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.checks.codes import RowCode
from chalicelib.visible import visible

WIDTH = 78
NAMED_LINES = 5
"""Lines that are named for each cause."""
NUMBER = re.compile(r"[0-9][0-9,]*")
EXPECTED = {
    RowCode.TOO_MANY_COLUMNS: "As many fields in a row as in the header. A text with the delimiter stands in quotes.",
    RowCode.TOO_FEW_COLUMNS: "As many fields in a row as in the header. A text with a line end stands in quotes.",
    RowCode.OUT_OF_RANGE: "A value that fits the column.",
    RowCode.REQUIRED: "A value in each row of this column.",
    RowCode.LINE: "A record of complete fields. A quote inside a quoted text is doubled.",
    RowCode.NUL: "A text without NUL characters.",
    RowCode.UTF8: "Text in the encoding that was agreed, without other bytes.",
    RowCode.JSON: "Well-formed JSON.",
}
"""What a good row has, if the reason itself does not say it."""
REFUSED = "None of its rows is loaded, because too many are bad."
OTHERS_LOADED = "Its other rows are loaded."
PLEASE = "Please correct the file and send it again."
PLEASE_ROWS = "Please correct these rows and send them again."
LINES = (
    "Lines count from 1, the first line of the file. A text with line ends takes several lines; the number is that of"
    " its first."
)
LOADING = "Its other rows will be loaded."


@dataclass(kw_only=True)
class Cause:
    """Bad rows with the same fault."""

    column: str
    code: int
    reason: str
    rows: int = 0
    lines: list[int] = field(default_factory=list)
    """The first NAMED_LINES."""

    def add(self, line: int) -> None:
        """Count one more row."""
        self.rows += 1
        if len(self.lines) < NAMED_LINES:
            self.lines.append(line)


def causes_of(rejects: Iterable[Mapping[str, Any]]) -> list[Cause]:
    """Return the causes of rejects, the most frequent first. Reasons that differ in numbers alone are one cause."""
    found: dict[tuple[str, int, str], Cause] = {}
    for reject in rejects:
        column, code, reason = reject["column"], reject["code"], reject["reason"]
        key = column, code, NUMBER.sub("0", reason)
        found.setdefault(key, Cause(column=column, code=code, reason=reason)).add(reject["line"])
    return sorted(found.values(), key=lambda cause: -cause.rows)


def letter(status: Mapping[str, Any], causes: list[Cause]) -> Iterator[str]:
    """Yield the lines of the letter about a file with bad rows, or about a file that is refused as a whole."""
    name, problem = visible(status["file"]).rpartition("/")[2], status["first_error"]
    if not causes:
        yield from _about_the_file(name, problem["message"] if problem else "")
        return
    bad = sum(cause.rows for cause in causes)
    rows = f"{bad:,} of {status['rows']['read']:,} rows" if status["rows"]["read"] else f"{bad:,} rows"
    yield f"Subject: {name}: {rows} cannot be loaded"
    yield ""
    yield from _wrapped(f"{rows} of the file {name} cannot be loaded. {_others(status['state'])}")
    for number, cause in enumerate(causes, 1):
        yield ""
        yield from _of_cause(number, cause)
    yield ""
    whole = status["state"] == "REJECTED"
    yield from _wrapped(f"{PLEASE if whole else PLEASE_ROWS} {LINES}")


def _others(state: str) -> str:
    return {"REJECTED": REFUSED, "LOADED": OTHERS_LOADED}.get(state, LOADING)


def _about_the_file(name: str, message: str) -> Iterator[str]:
    yield f"Subject: {name} cannot be loaded"
    yield ""
    yield from _wrapped(f"The file {name} cannot be loaded, and none of its rows is: {message}.")
    yield ""
    yield PLEASE


def _of_cause(number: int, cause: Cause) -> Iterator[str]:
    rows = "1 row" if cause.rows == 1 else f"{cause.rows:,} rows"
    where = f"column {cause.column}" if cause.column else "the row as a whole"
    yield f"{number}. {rows}, {where}"
    yield from _wrapped(f"Fault: {visible(cause.reason)}", "   ")
    if expected := EXPECTED.get(RowCode(cause.code)) if cause.code in set(RowCode) else "":
        yield from _wrapped(f"Expected: {expected}", "   ")
    more = cause.rows - len(cause.lines)
    lines = ", ".join(f"{line:,}" for line in cause.lines) + (f" and {more:,} more" if more else "")
    yield from _wrapped(f"{'Line' if cause.rows == 1 else 'Lines'}: {lines}", "   ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
