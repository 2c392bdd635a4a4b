"""The rows of a part as COPY counts them: a row is found only where its number and its line are the same."""

from __future__ import annotations

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.pipeline.refused.staged_part import offset_of, rows_at, without

MARK = b"m" * MARK_LENGTH


def part_of(*texts: bytes) -> tuple[list[bytes], bytes]:
    """Return staged rows with these texts, at the offsets 0, 10, 20 and so on, and the part."""
    rows = [MARK + b",%d," % (10 * number) + text + b"\n" for number, text in enumerate(texts)]
    return rows, zstd.compress(b"".join(rows))


@pytest.mark.parametrize(
    ("texts", "lines", "found"),
    [
        ((b"a", b"b", b"c"), {1, 3}, {1: 0, 3: 2}),
        ((b"a", b'"b\nb"', b"c"), {1, 2, 3}, {1: 0, 2: 1}),
        ((b'"a\n""\n"', b"b", b"c"), {1, 2, 3, 4}, {1: 0}),
        ((b"a", b"b"), {3}, {}),
        ((b"a", b"b"), set(), {}),
    ],
)
def test_rows_are_found_in_one_pass(texts: tuple[bytes, ...], lines: set[int], found: dict[int, int]) -> None:
    rows, part = part_of(*texts)
    assert rows_at(part, b'"', lines) == {line: rows[index] for line, index in found.items()}


@given(st.lists(st.sampled_from([b"a", b'"b\nb"', b'"""\n"', b""]), max_size=8), st.sets(st.integers(0, 9)))
def test_a_part_without_rows_has_all_others(texts: list[bytes], left_out: set[int]) -> None:
    rows, part = part_of(*texts)
    assert [offset_of(row) for row in rows] == [10 * number for number in range(len(rows))]
    kept = b"".join(row for number, row in enumerate(rows) if number not in left_out)
    assert zstd.decompress(b"".join(without(part, b'"', {10 * number for number in left_out}))) == kept
