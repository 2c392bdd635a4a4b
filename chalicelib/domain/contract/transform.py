"""The function of a contract that changes rows between reading and staging, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.contract.column import Column


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A function from a table of rows to another; `chalicelib/transforms` runs it."""

    module: str
    """Its module beside the contract, such as `cases`, or `shared.cases` in a folder."""
    function: str
    columns: tuple[Column, ...] = ()
    """`input_columns`: the columns of files that the target has otherwise, or does not have."""
    folder: str = ""
    """The contract's folder."""
    code: str = ""
    """Hash of the folder's Python files: with other code the contract means something else."""

    @property
    def name(self) -> str:
        """The function as the contract names it."""
        return f"{self.module}:{self.function}"
