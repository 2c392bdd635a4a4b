"""Which column of the contract each field of a JSON object is for."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import RESCUED
from chalicelib.domain.contract.identifiers import fold

MOST_NAMES = 10_000
"""Names whose column is remembered; hostile files have a new name in each object."""


class Node:
    """The fields of one object that lead to columns."""

    def __init__(self) -> None:
        self.exact: dict[str, int | Node] = {}
        self.folded: dict[str, int] = {}
        self._found: dict[str, int | Node | None] = {}

    def find(self, name: str) -> int | Node | None:
        """Return the index of the field's column, or the node of an object with such fields; None for a strange name.

        A path's names are exact. Case, spaces and underscores of a column's own names do not count.
        """
        try:
            return self._found[name]
        except KeyError:
            found = self.exact[name] if name in self.exact else self.folded.get(fold(name))
            if len(self._found) < MOST_NAMES:
                self._found[name] = found
            return found


def tree_of(columns: Sequence[Column]) -> Node:
    """Return the fields of the objects of a file with these columns."""
    root = Node()
    named = [(index, column) for index, column in enumerate(columns) if column.name != RESCUED]
    for index, column in named:
        if column.path:
            _add_path(root, column.path.split("."), index)
        for alias in column.aliases:
            root.folded[fold(alias)] = index
    for index, column in named:
        if not column.path:
            root.folded[fold(column.name)] = index  # a name counts before another's alias
    return root


def _add_path(root: Node, names: Sequence[str], index: int) -> None:
    node = root
    for name in names[:-1]:
        inner = node.exact.get(name)
        if not isinstance(inner, Node):  # contract_rules.py refuses a path through a column
            inner = node.exact[name] = Node()
        node = inner
    node.exact[names[-1]] = index
