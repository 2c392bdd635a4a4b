"""The rows of a part as COPY counts them: a row is found only where its number and its line are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import StageAs
from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.domain.staging.json_rows import JsonRows, mark_of, offset_of
from chalicelib.pipeline.refused.staged_part import rows_at, without
from tests.support.simulated.outside import CONTRACTS

MARK = b"a" * MARK_LENGTH
CSV = CONTRACTS["thing"]
JSON = replace(CSV, stage_as=StageAs.JSON)


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
    assert rows_at(part, CSV, lines) == {line: rows[index] for line, index in found.items()}


@given(st.lists(st.sampled_from([b"a", b'"b\nb"', b'"""\n"', b""]), max_size=8), st.sets(st.integers(0, 9)))
def test_a_part_without_rows_has_all_others(texts: list[bytes], left_out: set[int]) -> None:
    rows, part = part_of(*texts)
    assert [offset_of(row) for row in rows] == [10 * number for number in range(len(rows))]
    kept = b"".join(row for number, row in enumerate(rows) if number not in left_out)
    assert zstd.decompress(b"".join(without(part, CSV, {10 * number for number in left_out}))) == kept


@given(st.lists(st.sampled_from(['"', '\\"', "a\nb", "{"]), min_size=1, max_size=6), st.sets(st.integers(0, 5)))
def test_each_line_of_json_is_a_row(texts: list[str], left_out: set[int]) -> None:
    """Whatever quotes it has."""
    staged = "".join(
        f'{MARK.decode()},{10 * n:013d},"{text.replace(chr(34), chr(34) * 2)}"\n' for n, text in enumerate(texts)
    )
    body = JsonRows(contract=JSON, columns=("value",)).encoded(staged.encode())
    rows = body.splitlines(keepends=True)
    assert [(mark_of(row), offset_of(row)) for row in rows] == [(MARK, 10 * n) for n in range(len(texts))]
    part = zstd.compress(body)
    assert rows_at(part, JSON, set(range(1, len(rows) + 1))) == dict(enumerate(rows, 1))
    kept = b"".join(row for number, row in enumerate(rows) if number not in left_out)
    assert zstd.decompress(b"".join(without(part, JSON, {10 * number for number in left_out}))) == kept
