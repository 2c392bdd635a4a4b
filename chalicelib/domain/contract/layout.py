"""The columns of a file in the order of staging."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import IGNORED, Contract

ANY_TEXT = ColumnType(kind=TypeName.VARCHAR, length=65_535)
"""The type of a column that is staged and not merged."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A file's columns in the order of staging."""

    columns: tuple[Column, ...]
    """In the order of the file; some may be staged and not merged. RESCUED, if there is one, comes last."""
    rescued: tuple[tuple[int, str], ...] = ()
    """Index and header name of each column that goes into RESCUED."""

    @classmethod
    def of(cls, contract: Contract, names: Sequence[str], rescued: Iterable[tuple[int, str]] = ()) -> Layout:
        """Return the layout with these column names."""
        return cls(columns=tuple(staged_column(contract, name) for name in names), rescued=tuple(rescued))


def staged_column(contract: Contract, name: str) -> Column:
    """Return a column of staging: the contract's, or one that is not merged."""
    return Column(name=name, type=ANY_TEXT) if name.startswith(IGNORED) else contract.column(name)
