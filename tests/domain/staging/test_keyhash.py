"""Keys that the warehouse takes for equal have one hash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from tests.support.files.engine import Memory, contract, header_of, text


@pytest.mark.parametrize(
    ("kind", "values", "alike"),
    [
        (ColumnType(kind=TypeName.DATE), ["2026-01-01", "2026-01-02", "2026-01-01"], [0, 1, 0]),
        (ColumnType(kind=TypeName.DECIMAL, precision=9, scale=2), ["1.5", "1.50", "-1.5"], [0, 0, 1]),
        (ColumnType(kind=TypeName.BIGINT), ["7", "007", "8"], [0, 0, 1]),
        (text(), ["a", "a ", "A"], [0, 0, 1]),
    ],
)
def test_keys_that_the_warehouse_takes_for_one_have_one_hash(
    kind: ColumnType, values: list[str], alike: list[int]
) -> None:
    hashes = hashes_of(kind, values)
    found = list(dict.fromkeys(hashes))
    assert [found.index(h) for h in hashes] == alike


@given(values=st.lists(st.text("ab\té\u00a0 ", min_size=1, max_size=12), min_size=1, max_size=40))
def test_texts_are_alike_that_differ_in_blanks_at_the_end(values: list[str]) -> None:
    hashes = hashes_of(text(48), [f'"{value}"' for value in values])
    pairs = zip(hashes, (value.rstrip(" ") for value in values), strict=True)
    assert len(set(pairs)) == len(set(hashes)) == len({value.rstrip(" ") for value in values})


def hashes_of(kind: ColumnType, values: list[str]) -> list[int]:
    things = contract(Column(name="a", type=kind, required=True), key=("a",))
    data = header_of(things) + "".join(f"{value}\n" for value in values).encode()
    rules = compile_rules(things, Layout(columns=things.columns))
    [block] = stage_chunk(Memory(data), Range(start=2, stop=len(data)), rules, hash_keys=True)
    assert block.key_hashes is not None
    return list(map(int, block.key_hashes))
