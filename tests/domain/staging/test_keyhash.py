"""Keys that the warehouse takes for equal have one hash."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.formats.csv.header import match_header
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
    things = contract(Column(name="a", type=kind, required=True), key=("a",))
    data = header_of(things) + "".join(f"{value}\n" for value in values).encode()
    rules = compile_rules(things, match_header(things, ("a",)))
    [block] = stage_chunk(Memory(data), Range(start=2, stop=len(data)), rules, hash_keys=True)
    assert block.key_hashes is not None
    found = dict.fromkeys(block.key_hashes.tolist())
    assert [list(found).index(h) for h in block.key_hashes.tolist()] == alike
