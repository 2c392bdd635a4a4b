"""The meaning of a warehouse's error text: its code, whether the load may be retried, and who has to act.

All texts are matched in one table, `ROWS`, from top to bottom. The first match decides. Names in a text can be any
words, such as a column `connection_id`. For that reason the rows for texts with names stand above the retryable ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from chalicelib.domain.run.duplicate_keys import DUPLICATE_KEYS
from chalicelib.errors import LoadFailed, Retryable, WorkGone

DATA_CHECK = "DATA_CHECK_FAILED"
CONTRACT_AHEAD = "CONTRACT_AHEAD"
TARGET_NOT_TABLE = "TARGET_NOT_TABLE"
RAISED = (
    DATA_CHECK,
    DUPLICATE_KEYS,
    CONTRACT_AHEAD,
    TARGET_NOT_TABLE,
    "COUNT_MISMATCH",
    "TARGET_KEY_TWICE",
    "BOOKS_OPEN",
    "BAD_LOAD_ORDER",
)
"""The codes that our procedures raise. Their texts hold names and counts, never a value."""
FAILED_CHECK = re.compile(rf"{DATA_CHECK}: (.+) finds ([0-9]+) rows that must not be")
"""The text of etl.data_check_v1: the check's name and how many rows it finds."""
BROKEN_CHECK = re.compile(r"DATA_CHECK_BROKEN: check ([0-9]+|\?) cannot be evaluated")
"""The adapter's text for a data check that the warehouse could not evaluate."""


class Cause(Enum):
    """The party that made a load fail."""

    FILE = "the file: its sender has to fix it"
    STAGED = "something staged of one file is gone: other files can be loaded"
    SETUP = "rights or objects of the warehouse: every load fails alike"
    PASSING = "the state of the warehouse: the same statement may succeed later"
    UNKNOWN = "perhaps one file of the group: a smaller group shows which"


@dataclass(frozen=True, kw_only=True)
class LoadError:
    """One row of the table: the meaning of the texts that its pattern finds."""

    pattern: re.Pattern[str]
    code: str
    retryable: bool = False
    cause: Cause
    hint: str = ""
    """The next step, if the text itself does not name it."""


def _row(pattern: str, code: str, cause: Cause, hint: str = "") -> LoadError:
    compiled = re.compile(pattern, re.IGNORECASE)
    return LoadError(pattern=compiled, code=code, cause=cause, retryable=cause is Cause.PASSING, hint=hint)


ROWS = (
    # A data check's name is any text and follows its code, so that code comes first.
    _row(rf"\b{DATA_CHECK}:", DATA_CHECK, Cause.FILE),
    _row(rf"\b{DUPLICATE_KEYS}:", DUPLICATE_KEYS, Cause.FILE),
    _row(rf"\b{CONTRACT_AHEAD}:", CONTRACT_AHEAD, Cause.SETUP),
    _row(rf"\b{TARGET_NOT_TABLE}:", TARGET_NOT_TABLE, Cause.SETUP),
    _row(rf"\b(?:{'|'.join(RAISED[4:])}|DATA_CHECK_BROKEN):", LoadFailed.code, Cause.UNKNOWN),
    _row(r"permission denied for", LoadFailed.code, Cause.SETUP),
    _row(r"permission denied|access denied", LoadFailed.code, Cause.UNKNOWN),
    _row(  # COPY's texts for a manifest or a part that is not there
        r"\bNoSuchKey\b|\bthe specified (?:key|S3 prefix)\b.{0,1100}?\bdoes not exist",
        WorkGone.code,
        Cause.STAGED,
        hint="run the file again",
    ),
    _row(
        r"\b(?:relation|column|schema|function|procedure|role) [^\s(]+(?:\([^)]*\))? does not exist",
        LoadFailed.code,
        Cause.SETUP,
        hint="run `landfall migrate`: it makes what is missing, or reports the fault",
    ),
    _row(
        r"\b1023\b|serializable isolation|could not serialize|deadlock|\baborted\b|connection"
        r"|cluster is (?:paused|resuming)|is (?:paused|resuming|not available)|cancel+(?:ed|ing)|internal error"
        r"|Status 50[03]|SlowDown",
        Retryable.code,
        Cause.PASSING,
    ),
)
ANY_OTHER = _row("", LoadFailed.code, Cause.UNKNOWN)
"""The meaning of a text that no row finds."""
FILE_FAULTS = tuple(row.code for row in ROWS if row.cause is Cause.FILE)
"""The codes that only the warehouse can find and the file's sender has to fix."""


def meaning(text: str) -> LoadError:
    """Return the first row of the table whose pattern is found in the text."""
    return next((row for row in ROWS if row.pattern.search(text)), ANY_OTHER)
