"""A statement's error as it may be shown: without any value of a row, and what a broken data check becomes."""

from __future__ import annotations

import re

from chalicelib.domain.run.load_errors import RAISED

DETAIL = re.compile(r"\b(?:DETAIL|CONTEXT|HINT|QUERY|WHERE):", re.IGNORECASE)
"""The text after these words may be a row, for any failure."""
NAMED = re.compile(
    r"(?P<named>\b(?:relation|table|column|schema|procedure|function|role|user|group|database|check)\s+"
    r"(?:\"[^\"]*\"|'[^']*'))|\"[^\"]*\"?|(?<!\w)'[^']*'?",
    re.IGNORECASE,
)
AT_COLUMN = re.compile(r" for column (?:\"[a-z_][a-z0-9_]*\"|'[a-z_][a-z0-9_]*')\.?\s*$")
OURS = re.compile(rf"\s*(?:ERROR:\s*)?(?:{'|'.join(RAISED)}):")
CHECKING = re.compile(r"\s*CALL etl\.data_check_v1\((?:'\w*', :check_([0-9]+)_name)?")
HIDDEN = "'…'"
LONGEST_ERROR = 500


def shown(error: str, statement: str) -> str:
    """Return the error of a statement of a load, to be shown and looked up in the table of load errors."""
    check = CHECKING.match(statement)
    if check and not OURS.match(error):  # the warehouse's own text may have a value in any form, even without quotes
        return f"DATA_CHECK_BROKEN: check {check[1] or '?'} cannot be evaluated"
    return scrubbed(error)


def scrubbed(error: str) -> str:
    """Return a statement's error without possible values of rows: no details, and only known names in quotes.

    A value may itself have quotes, so after the first value only the column at the end is kept. Errors of Landfall's
    own procedures have only names and counts; they are kept, except their other quoted texts.
    """
    head = DETAIL.split(error)[0]
    if OURS.match(head):
        head = NAMED.sub(lambda found: found[0] if found["named"] else HIDDEN, head)
    elif value := next((found for found in NAMED.finditer(head) if not found["named"]), None):
        column = AT_COLUMN.search(head, value.end())
        head = head[: value.start()] + HIDDEN + (column[0] if column else "")
    return " ".join(head.split())[:LONGEST_ERROR]
