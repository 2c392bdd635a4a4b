"""Read the members of many objects at once: any names in any order, with any blanks.

The names are the texts that a colon follows. An object is proven to be JSON if its first name is behind its opening
brace, each other name is behind a comma, and one value stands between a name's colon and the next comma, or the closing
brace. The proof for a text is that the next quote without a backslash before it ends it, and that it has no control
characters. For another value it is the grammar of numbers and words, or the slow reader.
Source: Langdale and Lemire, Parsing Gigabytes of JSON per Second, VLDB Journal 2019, for the idea to find the structure
of a whole block first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chalicelib.domain.formats.json.names import NODE, STRANGE, NameTable
from chalicelib.domain.formats.json.texts import Texts
from chalicelib.domain.formats.json.values import Values
from chalicelib.domain.formats.json.view import CLOSING, COMMA, OPENING, QUOTE, Brackets, View, opens
from chalicelib.domain.raw.swar import Bytes, Fields, Ints, Mask


@dataclass(frozen=True, slots=True)
class Objects:
    """Sorted objects at one place of a file's objects."""

    starts: Ints
    ends: Ints
    rows: Ints
    """The row that each one belongs to."""
    level: int
    """Number of objects around their members."""
    names: NameTable


@dataclass(frozen=True, slots=True)
class Taken:
    """The fields of columns, in any order."""

    rows: Ints
    columns: Ints
    starts: Ints
    lengths: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class _Members:
    """The members of some objects, in order."""

    owners: Ints
    """The object of each one."""
    names: slice | Ints
    """Which of the block's names they have."""
    values: Fields
    firsts: Bytes
    """The first byte of each value."""
    sound: Mask
    """Whether it stands where a member may stand; its value is still to be proven, unless it is a text."""


class MemberReader:
    """Reads the members of a block's objects."""

    def __init__(self, view: View, values: Values, objects: Objects) -> None:
        """`objects` has all of the file's objects that are read. Each has an even number of quotes."""
        self.view, self.values = view, values
        self.texts = Texts(view, objects.starts, objects.ends)
        self.opens = self.texts.opens[self.texts.names]
        self.begins, self.firsts = view.solid(self.texts.colons + 1, 1)
        self.brackets: Brackets | None = None
        if opens(self.firsts).any():
            self.brackets = Brackets(view, objects.starts)
            self.depths = self.brackets.depth(self.opens)
        self.wrong = list[Ints]()
        """Rows that are not proven."""
        self.taken = list[Taken]()
        self._refuse_controls(objects)
        self._read(objects)

    def _refuse_controls(self, objects: Objects) -> None:
        """Find the rows with a line end or a tab within a text."""
        controls = self.view.controls
        some = controls.searchsorted(objects.starts) < controls.searchsorted(objects.ends)
        if some.any():
            wrong = controls[self.texts.inside(controls)]
            self.wrong.append(objects.rows[objects.starts.searchsorted(wrong) - 1])

    def _read(self, objects: Objects) -> None:
        """Read the members of objects, and of the objects inside them that have columns."""
        found = self._members(objects)
        names, rows = self.texts.names[found.names], objects.rows[found.owners]
        start = self.texts.opens[names] + 1
        period = int(np.count_nonzero(found.owners == 0))
        numbers, targets = objects.names.find(self.view.fields.part(start, self.texts.closes[names] - start), period)
        sound, starts, lengths = self.values.read(found.values, found.firsts, targets)
        sound &= found.sound & (targets != STRANGE)
        own = targets >= 0
        if own.all():
            self.taken.append(Taken(rows, targets, starts, lengths))
        else:
            sound[_repeated(numbers, found.owners, np.flatnonzero(~own))] = False
            self._inner(objects, found, targets, sound)
            self.taken.append(Taken(rows[own], targets[own], starts[own], lengths[own]))
        self.wrong.append(rows[~sound])

    def _members(self, objects: Objects) -> _Members:
        """Find the members of objects, and the values between their colons and commas."""
        names = self._names(objects)
        opens, firsts = self.opens[names], self.firsts[names]
        head = opens.searchsorted(objects.starts)
        counts = np.diff(np.append(head, len(opens)))
        some = counts > 0
        self.wrong.append(self._not_empty(objects, np.flatnonzero(~some)))
        head, tail = head[some], (head + counts)[some] - 1
        before, separators = self.view.solid(opens - 1, -1)
        sound = separators == COMMA
        sound[head] = before[head] == objects.starts[some]
        stops = np.append(before[1:], 0)
        stops[tail] = objects.ends[some] - 1
        begins, ends = self.begins[names], self.view.solid(stops - 1, -1)[0] + 1
        closes = self.texts.closes[np.minimum(self.texts.names[names] + 1, len(self.texts.closes) - 1)]
        sound &= (begins < ends) & ((firsts != QUOTE) | (closes + 1 == ends))
        return _Members(
            owners=np.repeat(np.arange(len(counts)), counts),
            names=names,
            values=self.view.fields.part(begins, np.maximum(ends - begins, 0)),
            firsts=firsts,
            sound=sound,
        )

    def _not_empty(self, objects: Objects, places: Ints) -> Ints:
        """Return the rows of these objects, which have no member, but perhaps something else."""
        begins, _ = self.view.solid(objects.starts[places] + 1, 1)
        found: Ints = objects.rows[places[begins != objects.ends[places] - 1]]
        return found

    def _names(self, objects: Objects) -> slice | Ints:
        """Return which names are those of the objects' own members."""
        if not self.brackets:
            return slice(None)
        names = np.flatnonzero(self.depths == objects.level)
        owners = objects.starts.searchsorted(self.opens[names]) - 1
        found: Ints = names[(owners >= 0) & (self.opens[names] < objects.ends[owners])]
        return found

    def _inner(self, objects: Objects, found: _Members, targets: Ints, sound: Mask) -> None:
        """Read the objects with columns. Set `sound` for the values that are such objects."""
        at = np.flatnonzero((targets <= NODE) & (found.firsts == OPENING) & found.sound)
        if not self.brackets or not len(at):
            return
        starts, ends = found.values.start[at], found.values.stop[at]
        closed = (self.brackets.closing(objects.level, starts) + 1 == ends) & (self.view.bytes[ends - 1] == CLOSING)
        at, starts, ends = at[closed], starts[closed], ends[closed]
        sound[at] = True
        for place, names in enumerate(objects.names.nodes):
            here = targets[at] == NODE - place
            if here.any():
                rows = objects.rows[found.owners[at[here]]]
                self._read(Objects(starts[here], ends[here], rows, objects.level + 1, names))


def _repeated(numbers: Ints, owners: Ints, members: Ints) -> Ints:
    """Return which of these members have the name of another one in their object."""
    order = np.lexsort((numbers[members], owners[members]))
    some = members[order]
    same = (numbers[some[1:]] == numbers[some[:-1]]) & (owners[some[1:]] == owners[some[:-1]])
    found: Ints = some[1:][same]
    return found
