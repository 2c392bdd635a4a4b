"""The truth of generated files, against which the demo's books are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class BadRow:
    """One planted bad row."""

    line: int
    """Physical line its record starts on; the header is line 1."""
    kind: str
    code: int
    """Redshift's load error code."""
    column: str
    """Empty if the record as a whole is at fault."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One generated file."""

    key: str
    """Its key in the landing bucket, and its path below the folder of generated files."""
    object: str
    state: str = "LOADED"
    """State in which its run must end."""
    code: str = ""
    """The problem's code, if it does not end LOADED."""
    read: int = 0
    good: int = 0
    rejected: int = 0
    duplicate: int = 0
    """Good rows whose key comes again later in the file."""
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    after: str = ""
    """Key of the file that must be loaded before this one is dropped."""
    bad_rows: tuple[BadRow, ...] = ()

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Truth:
        bad_rows = tuple(BadRow(**row) for row in fields["bad_rows"])
        return cls(**{**fields, "bad_rows": bad_rows})

    @property
    def kinds(self) -> dict[str, int]:
        """The number of bad rows of each kind."""
        names = [row.kind for row in self.bad_rows]
        return {name: names.count(name) for name in dict.fromkeys(names)}


@dataclass(frozen=True, kw_only=True)
class TableTruth:
    """The content of a target table when all files are loaded."""

    table: str
    rows: int
    cents: int
    """The sum of its column with money in it, in hundredths."""
    totals: str
    """Query for rows and sum."""
    sample: str
    """Query for a few rows to show."""


@dataclass(frozen=True, kw_only=True)
class DemoData:
    """All files of the demo, in the order in which they are dropped, and the resulting tables."""

    files: tuple[Truth, ...]
    tables: tuple[TableTruth, ...] = field(default_factory=tuple)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> DemoData:
        return cls(
            files=tuple(Truth.from_dict(f) for f in fields["files"]),
            tables=tuple(TableTruth(**t) for t in fields["tables"]),
        )
