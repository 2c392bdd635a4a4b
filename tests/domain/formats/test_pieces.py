"""Fields are joined to text whatever their lengths, and wherever they stand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.formats.pieces import WINDOW, as_text
from chalicelib.domain.raw.swar import PADDING, fields_of

LENGTHS = st.integers(0, 4) | st.integers(WINDOW - 2, WINDOW + 2) | st.integers(0, 4 * WINDOW)
FIELDS = st.lists(st.tuples(st.integers(0, 200), LENGTHS, st.booleans()), max_size=40)
BUFFER = bytes(range(33, 127)) * 4


@given(fields=FIELDS, width=st.integers(1, 5))
def test_text_is_the_fields_one_after_the_other(fields: list[tuple[int, int, bool]], width: int) -> None:
    fields = fields[: len(fields) // width * width]
    begins, lengths = (np.array([field[n] for field in fields], np.int64) for n in (0, 1))
    enclosed = np.flatnonzero([quoted for *_, quoted in fields])
    rows = len(fields) // width
    nowhere = np.empty(0, np.int64)
    data, records = as_text(
        fields_of(BUFFER + PADDING).data,
        begins,
        lengths,
        np.full(rows, width),
        starts=np.zeros(rows, np.int64),
        line_feeds=nowhere,
        enclosed=enclosed,
    )
    texts = [BUFFER[at : at + length] for at, length, _ in fields]
    texts = [b'"' + text + b'"' if quoted else text for text, (*_, quoted) in zip(texts, fields, strict=True)]
    lines = [b",".join(texts[row * width : (row + 1) * width]) + b"\n" for row in range(rows)]
    assert data == b"".join(lines) + PADDING
    assert records.starts.tolist() == [sum(map(len, lines[:row])) for row in range(rows)]
    assert [data[at] for at in records.ends.tolist()] == [10] * rows
