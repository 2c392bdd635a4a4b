from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.raw.splice import Splice
from chalicelib.domain.raw.swar import PADDING, fields_of

changes = st.one_of(
    st.tuples(st.just("keep"), st.binary(max_size=4)),
    st.tuples(st.just("put"), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just("drop"), st.integers(1, 9)),
    st.tuples(st.just("replace"), st.binary(max_size=12)),
)


def ints(values: list[int]):
    return np.array(values, np.int64)


@given(st.lists(st.tuples(st.binary(max_size=9), changes), min_size=1, max_size=20))
def test_pieces_become_what_they_are_changed_to(pieces):
    """Each piece ends with a mark, as a field ends with its delimiter."""
    data = b"".join(piece + b"|" for piece, _ in pieces)
    ends = np.cumsum([len(piece) + 1 for piece, _ in pieces])
    wanted, replaced = [], []
    splice = Splice(np.frombuffer(data + PADDING, np.uint8), len(pieces))
    for number, (piece, (what, change)) in enumerate(pieces):
        start = int(ends[number]) - 1 - len(piece)
        if what == "put" and piece:
            splice.put(ints([start]), change[0])
            piece = change + piece[1:]  # noqa: PLW2901
        elif what == "drop" and piece:
            count = min(change, len(piece))
            splice.drop(ints([start]), count, ints([number]))
            piece = piece[count:]  # noqa: PLW2901
        elif what == "replace":
            replaced.append((number, start, len(piece), change))
            piece = change  # noqa: PLW2901
        wanted.append(piece)
    block, new = fields_of(data + PADDING), b"".join(change for *_, change in replaced)
    lengths = ints([len(change) for *_, change in replaced])
    texts = fields_of(new + PADDING).part(np.cumsum(lengths) - lengths, lengths)
    places = block.part(ints([start for _, start, _, _ in replaced]), ints([size for _, _, size, _ in replaced]))
    splice.replace(places, ints([number for number, *_ in replaced]), texts)
    assert splice.result(len(data)).tobytes() == b"".join(piece + b"|" for piece in wanted)
    assert (ends - 1 + splice.shifts()).tolist() == (np.cumsum([len(piece) + 1 for piece in wanted]) - 1).tolist()


def test_a_buffer_without_changes_is_not_copied():
    data = np.frombuffer(b"a|" + PADDING, np.uint8)
    splice = Splice(data, 1)
    splice.put(ints([]), 0)
    splice.drop(ints([]), 1, ints([]))
    splice.drop(ints([0]), ints([0]), ints([0]))
    assert not splice.changed
    assert np.shares_memory(splice.result(2), data)
