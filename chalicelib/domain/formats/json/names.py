"""What the names of members are for: found for many names at once, by the names that were seen before."""

from __future__ import annotations

import numpy as np

from chalicelib.domain.contract.contract import ExtraColumns
from chalicelib.domain.formats.json.fields import Node
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.raw.swar import LOW, PADDING, Fields, Ints, Words, fields_of, longest, word
from chalicelib.domain.source.cells import FAULT, OWN_FIELDS

NO_COLUMN, STRANGE, NODE = -1, -2, -3
"""What a member is for, besides a column: its value is left out; the slow reader must read its object; members of its
value have columns. NODE is the first place with such members, NODE - 1 the second."""
MOST_NAMES = 1_000
"""Names that are kept of one place. Objects with others are left to the slow reader."""
SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio. Source: Knuth, The Art of Computer Programming 3, 6.4 (multiplicative hashing)."""


class NameTable:
    """The names in the objects at one place of a file's objects."""

    def __init__(self, node: Node, reader: ObjectReader, *, root: bool) -> None:
        self.node, self.reader, self.root = node, reader, root
        self.nodes = list[NameTable]()
        self._names, self._targets = list[bytes](), list[int]()
        self._sort()

    def find(self, names: Fields, period: int) -> tuple[Ints, Ints]:
        """Return the number of each name, and the index of its column or else what it is for.

        `period` is the number of names after which the same names may follow: if they do, one period is looked up.
        """
        count = len(names.start)
        if 0 < period < count and _repeats(names, period):
            numbers, targets = self._find(names.part(names.start[:period], names.length[:period]))
            return np.tile(numbers, count // period), np.tile(targets, count // period)
        return self._find(names)

    def _find(self, names: Fields) -> tuple[Ints, Ints]:
        """Do the same for names in any order. Learn those that are new."""
        numbers = self._known(names)
        rest = np.flatnonzero(numbers < 0)
        if len(rest) and len(self._names) < MOST_NAMES:
            new = set(names.pick(rest[:MOST_NAMES]).raw()) - set(self._names)
            for name in sorted(new)[: MOST_NAMES - len(self._names)]:
                self._names.append(name)
                self._targets.append(self._target(name))
            self._sort()
            numbers[rest] = self._known(names.pick(rest))
        return numbers, self._target_of[numbers]

    def _target(self, name: bytes) -> int:
        """Return what a new name is for. Make the table of the names below it if it is a node."""
        target = purpose(self.node, name, self.reader, root=self.root)
        if isinstance(target, Node):
            self.nodes.append(NameTable(target, self.reader, root=False))
            return NODE + 1 - len(self.nodes)
        return target

    def _sort(self) -> None:
        """Sort the names by their keys."""
        lengths = np.array([len(name) for name in self._names], np.int64)
        block = fields_of(b"".join([*self._names, PADDING]))
        self._all = block.part(np.cumsum(lengths) - lengths, lengths)
        self._words = [word(self._all, index)[0] for index in (0, 1)]
        keys = _keys(*self._words)
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._target_of = np.array([*self._targets, STRANGE], np.int64)  # the last one is for the number -1

    def _known(self, names: Fields) -> Ints:
        """Return the number of each name; -1 for one that is not among the known ones."""
        if not len(self._keys):
            return np.full(len(names.start), -1, np.int64)
        first, second = word(names, 0)[0], word(names, 1)[0]
        place = np.minimum(self._keys.searchsorted(_keys(first, second)), len(self._keys) - 1)
        numbers = self._order[place]
        same = (self._words[0][numbers] == first) & (self._words[1][numbers] == second)
        same &= self._all.length[numbers] == names.length
        for index in range(2, (longest(names) + 7) // 8):
            rows = np.flatnonzero(same & (names.length > 8 * index))
            same[rows] = word(names.pick(rows), index)[0] == word(self._all.pick(numbers[rows]), index)[0]
        return np.where(same, numbers, -1)


def purpose(place: Node | int, name: bytes, reader: ObjectReader, *, root: bool) -> Node | int:
    """Return the index of the column for a name in an object, or the node with its members, or else what it is for.

    `place` is what the object is for; `root`: it is one of the file's own objects.
    """
    if b"\\" in name:
        return STRANGE
    if isinstance(place, int):
        return place
    text = name.decode()
    if root and reader.of_sheet and text in OWN_FIELDS:
        return STRANGE if text == FAULT else NO_COLUMN
    target = place.find(text)
    if target is None:
        return NO_COLUMN if reader.extra is ExtraColumns.IGNORE else STRANGE
    return target


def _repeats(names: Fields, period: int) -> bool:
    """Return whether each name is the one that is `period` names before it."""
    if len(names.start) % period:
        return False
    starts, lengths = names.start.reshape(-1, period), names.length.reshape(-1, period)
    if (lengths != lengths[0]).any():
        return False
    for index in range((int(lengths[0].max()) + 7) // 8):
        columns = np.flatnonzero(lengths[0] > 8 * index)
        words = names.words[starts[:, columns] + 8 * index]
        words ^= words[0].copy()
        words &= LOW[np.minimum(lengths[0][columns] - 8 * index, 8)]
        if words.any():
            return False
    return True


def _keys(first: Words, second: Words) -> Words:
    """Return a key of each name, from its first 16 bytes.

    Of two names with one key, one is never found: its objects are left to the slow reader.
    """
    found: Words = first * SPREAD ^ second
    return found
