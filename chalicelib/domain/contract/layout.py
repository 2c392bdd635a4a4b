"""The columns of a file in the order of staging."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

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
