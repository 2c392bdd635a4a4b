"""The columns of a file in the order of staging."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import IGNORED, RESCUED, Contract
from chalicelib.domain.contract.identifiers import fold

ANY_TEXT = ColumnType(kind=TypeName.VARCHAR, length=65_535)
"""The type of a column that is staged and not merged."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A file's columns in the order of staging."""

    columns: tuple[Column, ...]
    """In the order of the file; some may be staged and not merged. RESCUED, if there is one, comes last."""
    rescued: tuple[tuple[int, str], ...] = ()
    """Index and header name of each column that goes into RESCUED."""
    header: tuple[str, ...] = ()
    """The names in the file's header, in its order; empty if the file has none."""
    head_lines: tuple[str, ...] = field(default=(), compare=False)
    """The lines behind the file's header that the contract skips, such as units."""

    @classmethod
    def of(
        cls,
        contract: Contract,
        names: Iterable[str],
        rescued: Iterable[tuple[int, str]] = (),
        header: Iterable[str] = (),
        head_lines: Iterable[str] = (),
    ) -> Layout:
        """Return the layout with these column names."""
        columns = tuple(staged_column(contract, name) for name in names)
        return cls(columns=columns, rescued=tuple(rescued), header=tuple(header), head_lines=tuple(head_lines))

    def header_by_column(self) -> tuple[tuple[int, str], ...]:
        """Return the index and the header name of each staged column that has one."""
        rescued = {index for index, _ in self.rescued}
        names = (name for index, name in enumerate(self.header) if index not in rescued)
        return tuple((index, name) for index, name in enumerate(names) if name)


def staged_column(contract: Contract, name: str) -> Column:
    """Return a column of staging: the contract's, or one that is not merged."""
    return Column(name=name, type=ANY_TEXT) if name.startswith(IGNORED) else contract.column(name)


def columns_of(columns: Iterable[Column], fields: Sequence[str]) -> list[Column | None]:
    """Return the column that each name in a header is for; None for a name that is for none.

    Case, spaces and underscores do not count. A field without a name, or with a name used before, is also called by its
    place.
    """
    named = [column for column in columns if column.name != RESCUED]
    known = {fold(alias): column for column in named for alias in column.aliases}
    known |= {fold(column.name): column for column in named}  # a name counts before another's alias
    called = zip(fields, placed(fields), strict=True)
    return [known.get(fold(place)) or known.get(fold(name)) for name, place in called]


def placed(fields: Sequence[str]) -> list[str]:
    """Return the names with places: `column 3` for a field without a name, `name (4)` for a name used before."""
    seen = set[str]()
    found = []
    for place, name in enumerate(fields, 1):
        key = fold(name)
        found.append(f"column {place}" if not key else f"{name} ({place})" if key in seen else name)
        seen.add(key)
    return found
