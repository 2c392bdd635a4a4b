"""Find the objects of one shape at once: the quick way for files whose objects have the same names in the same order.

A name ends with a quote before a colon. From one object to the next the block must have as many of these as the shape
has, and around each the text of the shape. What is left between these texts are the values, byte for byte. An object
that differs in any byte around its values does not fit, and is left to `records.py`.
Related: Li et al., Mison: A Fast JSON Parser for Data Analytics, VLDB 2017, which guesses by the colons of earlier
objects where a field stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from chalicelib.domain.formats.json.fields import Node
from chalicelib.domain.formats.json.names import STRANGE, purpose
from chalicelib.domain.formats.json.objects import ObjectReader
from chalicelib.domain.formats.json.view import BLANK, COLON, QUOTE, View, opens
from chalicelib.domain.raw.swar import LOW, Bytes, Fields, Ints, Mask, windows_of, word_of

TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,:{}\[\]"]++|[,:{}\[\]]')
"""A text, a number or word, or a sign, in an object that is proven to be JSON."""
ANCHOR = b'":'
"""The anchor ends a name. A value has it only behind an escaped quote, or if it is an object."""
PROBE_BYTES = 1 << 14
"""Bytes that show whether most objects of a block have the shape."""
AT_ONCE = 32
"""Bytes of a literal that are compared at once; the rest of it only where these stand."""
FEW_OTHERS, MOST_OTHERS = 4, 64
"""So many objects, and one in MOST_OTHERS, may have another shape. With more of them the general way is quicker."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The names of objects in their order, and the blanks around them."""

    literals: tuple[bytes, ...]
    """The text before each value; before the first one, from the last value of the object in front."""
    opening: int
    """Bytes of an object before its first value."""
    between: int
    """Bytes from an object to the next one."""
    targets: tuple[int, ...]
    """What each value is for, as in names.py."""

    @property
    def controls(self) -> int:
        """Control characters around the values of an object and behind it: tabs and line ends."""
        return sum(byte < BLANK for literal in self.literals for byte in literal)

    @property
    def offsets(self) -> list[int]:
        """From an object's first value, by how many names each value is behind; the last one is the next object's."""
        counts = [literal.count(ANCHOR) for literal in self.literals]
        return list(accumulate([*counts[1:], counts[0]], initial=0))

    @property
    def tails(self) -> list[int]:
        """For the same values, how many bytes each is behind the colon of its name."""
        found = [len(literal) - literal.rindex(ANCHOR) - 1 for literal in self.literals]
        return [*found, found[0]]

    def is_common(self, text: bytes) -> bool:
        """Return whether most objects in a text have the shape, by how often its literals come."""
        anchors = sum(literal.count(ANCHOR) for literal in self.literals)
        found = min(text.count(literal) for literal in self.literals)
        return text.count(ANCHOR) <= (found + FEW_OTHERS + found // MOST_OTHERS) * anchors


def shape_of(text: bytes, between: bytes, reader: ObjectReader) -> Shape | None:
    """Return the shape of an object that the reader has read, and of those that follow it with the same text between.

    Return None if the object has an array, or a name that the general way must judge.
    """
    values = _values(text, reader)
    if not values:
        return None
    bounds = [(start, end) for start, end, _ in values]
    first = text[bounds[-1][1] :] + between + text[: bounds[0][0]]
    literals = (first, *(text[a[1] : b[0]] for a, b in pairwise(bounds)))
    columns = [target for *_, target in values if target >= 0]
    if len(set(columns)) < len(columns) or not all(ANCHOR in literal for literal in literals):
        return None
    return Shape(
        literals=literals,
        opening=bounds[0][0],
        between=len(between),
        targets=tuple(target for *_, target in values),
    )


def _values(text: bytes, reader: ObjectReader) -> list[tuple[int, int, int]] | None:
    """Return the bounds of each value that is no object, and what it is for."""
    found, before = list[tuple[int, int, int]](), b""
    target: int | Node = reader.tree
    open_ = list[tuple[int | Node, set[bytes]]]()
    for token in TOKEN.finditer(text):
        word, behind, before = token[0], before, token[0]
        if word == b"{" and not (isinstance(target, int) and target >= 0):
            open_.append((target, set()))
        elif word == b"}":
            open_.pop()
        elif behind in (b"{", b","):
            outer, names = open_[-1]
            target = purpose(outer, word[1:-1], reader, root=len(open_) == 1)
            if target == STRANGE or word in names:
                return None
            names.add(word)
        elif word not in (b":", b","):
            if isinstance(target, Node) or word in (b"{", b"["):
                return None
            found.append((*token.span(), target))
    return found


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Objects that follow each other, nearly all of one shape."""

    shape: Shape
    starts: Ints
    ends: Ints
    nexts: Ints
    """Where the object behind each one begins."""
    fit: Mask
    """Which ones have the shape, and may be read at once."""
    values: Fields
    """The values of the first object, then those of the second one, and so on. Those of an object that does not fit are
    its opening brace."""

    def has_one_text_each(self, view: View, firsts: Bytes, sound: Mask) -> bool:
        """Return whether no text has a quote within it.

        `firsts` are the first bytes of the values, and each `sound` value that begins with a quote ends with another
        one. So each text has at least two quotes, and a number or a word has none: one sum is enough for all. Values
        with a backslash, arrays and objects, which are proven already, are counted by themselves; so are values that
        are not sound.
        """
        texts = firsts == QUOTE
        alone = ~sound | opens(firsts)
        alone[view.has(view.backslashes, self.values)] = True
        around = b"".join(self.shape.literals)
        quotes = around.count(b'"') * int(np.count_nonzero(self.fit)) + 2 * int(np.count_nonzero(texts & ~alone))
        quotes += sum(raw.count(b'"') for raw in self.values.pick(alone).raw())
        return quotes == sum(int(np.count_nonzero(view.bytes[begin:end] == QUOTE)) for begin, end in self._runs())

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Yield the bounds of the text of fitting objects that follow each other, up to the next one's start."""
        edges = np.flatnonzero(np.diff(self.fit, prepend=False, append=False))
        return zip(self.starts[edges[0::2]].tolist(), self.nexts[edges[1::2] - 1].tolist(), strict=True)


def find(view: View, start: int, end: int, shape: Shape, longest: int) -> Alike | None:
    """Find the objects from the one in [start, end) on, which has the shape. Return None if many others have not."""
    if not shape.is_common(view.data[start : min(start + PROBE_BYTES, view.size)]):
        return None
    names = np.flatnonzero(view.bytes[: view.size] == COLON)
    names = names[(view.bytes[names - 1] == QUOTE) & (names >= start)]
    heads = _heads(view, names, names.searchsorted(end), shape)
    heads = np.append(names.searchsorted(start + shape.opening - shape.tails[0]), heads)
    whole = np.diff(heads) == shape.offsets[-1]
    if _others(whole):  # before anything takes as much memory as objects times names
        return None
    # The last object may have fewer names than the shape, and none `offset` behind its head. Then it is not whole.
    bounds = [names[np.minimum(heads[:-1] + offset, len(names) - 1)] for offset in shape.offsets[:-1]]
    bounds = [at + tail for at, tail in zip([*bounds, names[heads[1:]]], shape.tails, strict=True)]
    starts, nexts = bounds[0] - shape.opening, bounds[-1] - shape.opening
    ends = nexts - shape.between
    fit = whole & (ends - starts <= longest) & ~view.spoilt(starts, ends)
    # The texts around the values have all control characters of the shape. One more would be within a value.
    fit &= np.diff(view.controls.searchsorted(np.append(starts, nexts[-1:]))) == shape.controls
    for at, literal in zip(bounds[1:-1], shape.literals[1:], strict=True):
        fit &= _stands(view, at, literal)
    values = _between(view, bounds, shape, fit, starts)
    if _others(fit):
        return None
    return Alike(shape=shape, starts=starts, ends=ends, nexts=nexts, fit=fit, values=values)


def _others(fit: Mask) -> bool:
    """Return whether too many objects have another shape."""
    return int(np.count_nonzero(~fit)) > FEW_OTHERS + len(fit) // MOST_OTHERS


def _heads(view: View, names: Ints, first: int, shape: Shape) -> Ints:
    """Return which names, from a first one on, are the last one before the first value of an object."""
    literal, tail = shape.literals[0], shape.tails[0]
    found = np.flatnonzero(view.bytes[names[first:] + (tail - len(literal))] == literal[0]) + first
    return found[_stands(view, names[found] + tail, literal)]


def _stands(view: View, at: Ints, literal: bytes) -> Mask:
    """Return before which indexes the literal stands."""
    found = np.ones(len(at), np.bool_)
    for first in range(0, len(literal), AT_ONCE):
        part, rows = literal[first : first + AT_ONCE], np.flatnonzero(found)
        found[rows] = _begin(view, at[rows] - (len(literal) - first), part)
    return found


def _begin(view: View, at: Ints, text: bytes) -> Mask:
    """Return at which indexes a short text stands."""
    size = len(text) + -len(text) % 8
    words = windows_of(view.bytes, size)[at].view("<u8").reshape(len(at), size // 8)
    words[:, -1] &= LOW[len(text) - (size - 8)]
    found = np.ones(len(at), np.bool_)
    for place, word in enumerate(words.T):
        found &= word == word_of(text[8 * place : 8 * place + 8])
    return found


def _between(view: View, bounds: list[Ints], shape: Shape, fit: Mask, starts: Ints) -> Fields:
    """Return the values between the literals. Take back `fit` from objects in which one has no bytes."""
    behind = [*shape.literals[1:], shape.literals[0]]
    start = np.stack(bounds[:-1], axis=1)
    length = np.stack([at - len(literal) for at, literal in zip(bounds[1:], behind, strict=True)], axis=1) - start
    fit &= (length > 0).all(axis=1)
    others = np.flatnonzero(~fit)
    start[others], length[others] = starts[others, np.newaxis], 1
    return view.fields.part(start.reshape(-1), length.reshape(-1))
