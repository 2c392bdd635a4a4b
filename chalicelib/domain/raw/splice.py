"""Change many short pieces of a buffer at once: overwrite, leave out, replace.

The pieces are collected first, then the new buffer is built in one pass of numpy operations. The caller assigns every
change to a mark (a field's end), so that the new positions of all marks follow from one sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chalicelib.domain.raw.swar import Bytes, Fields, Ints, Mask, windows_of

MOST_LENGTHS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class _Insert:
    """Bytes that a piece has more than it had."""

    at: Ints
    """Index in the old buffer before which they stand."""
    marks: Ints
    source: Ints
    """Index of their first byte in `buffer`."""
    counts: Ints
    buffer: Bytes


class Splice:
    """The changes of one buffer. A piece may be changed once."""

    def __init__(self, data: Bytes, marks: int) -> None:
        self.old = data
        self.changed = False
        self._data: Bytes | None = None
        self._keep: Mask | None = None
        self._grown = np.zeros(marks, np.int64)
        """By how much the piece that ends at each mark grows."""
        self._inserts: list[_Insert] = []

    @property
    def data(self) -> Bytes:
        """The buffer with its overwritten bytes."""
        if self._data is None:
            self._data, self.changed = self.old.copy(), True
        return self._data

    def put(self, at: Ints, byte: Bytes | int) -> None:
        """Overwrite single bytes."""
        if len(at):
            self.data[at] = byte

    def put_before(self, fields: Fields, byte: int) -> None:
        """Move each field by one byte, over the byte behind it, and put `byte` before it."""
        if len(fields.start):
            at = indexes(fields.start, fields.length)
            self.data[at + 1] = self.data[at]
            self.data[fields.start] = byte

    def drop(self, at: Ints, counts: Ints | int, marks: Ints) -> None:
        """Leave out `counts` bytes from each index on, which may be none. No mark comes twice in a call."""
        each = np.broadcast_to(np.asarray(counts, np.int64), at.shape)
        rows = np.flatnonzero(each)
        if not len(rows):
            return
        if self._keep is None:
            self._keep, self.changed = np.ones(len(self.old), np.bool_), True
        self._keep[indexes(at[rows], each[rows])] = False
        self._grown[marks[rows]] -= each[rows]

    def replace(self, fields: Fields, marks: Ints, text: Fields) -> None:
        """Replace each field by the text of the same row. The texts are in a buffer of their own."""
        common = np.minimum(fields.length, text.length)
        if len(common):
            _copy(text.data, text.start, self.data, fields.start, common)
        self.drop(fields.start + common, fields.length - common, marks)
        more = np.flatnonzero(text.length > common)
        if len(more):
            counts = text.length[more] - common[more]
            self._grown[marks[more]] += counts
            self._inserts.append(
                _Insert(
                    at=fields.stop[more], marks=marks[more], source=text.start[more] + common[more], counts=counts,
                    buffer=text.data,
                )
            )  # fmt: skip

    def shifts(self) -> Ints:
        """Return by how much each mark moves."""
        moved: Ints = np.cumsum(self._grown)
        return moved

    def result(self, size: int) -> Bytes:
        """Return the first `size` bytes of the buffer with all changes."""
        data = (self.old if self._data is None else self._data)[:size]
        if self._keep is not None:
            data = data[self._keep[:size]]
        if not self._inserts:
            return data
        before = self.shifts() - self._grown
        total = sum(int(insert.counts.sum()) for insert in self._inserts)
        made, old = np.empty(len(data) + total, np.uint8), np.ones(len(data) + total, np.bool_)
        for insert in self._inserts:
            slots = insert.at + before[insert.marks]
            _copy(insert.buffer, insert.source, made, slots, insert.counts)
            old[indexes(slots, insert.counts)] = False
        made[old] = data
        return made


def _copy(source: Bytes, start: Ints, target: Bytes, at: Ints, counts: Ints) -> None:
    """Copy pieces of `counts` bytes between buffers, all pieces of one length at once if there are few lengths."""
    lengths = np.flatnonzero(np.bincount(counts))
    if len(lengths) > MOST_LENGTHS:
        target[indexes(at, counts)] = source[indexes(start, counts)]
        return
    for length in lengths[lengths > 0].tolist():
        rows = np.flatnonzero(counts == length)
        windows_of(target, length)[at[rows]] = windows_of(source, length)[start[rows]]


def indexes(start: Ints, counts: Ints) -> Ints:
    """Return the indexes start, start + 1, ... of every piece, one after the other."""
    ends = np.cumsum(counts)
    found: Ints = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(start - (ends - counts), counts)
    return found
