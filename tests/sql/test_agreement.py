"""The merge of the warehouse and the merge of the memory adapter do the same with the same loads."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.memory import merge
from tests.sql.house import House, Row

NUMBERS = itertools.count(1)
ROWS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([None, "x", "y"]),
        st.none(),
        st.sampled_from([None, "2026-01-01 00:00:00", "2026-02-01 00:00:00"]),
    ),
    max_size=4,
)
FILES = st.lists(st.tuples(st.integers(1, 4), ROWS), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, by_column=st.booleans())
def test_both_merges_agree(migrated: str, files: list[tuple[int, list[Row]]], by_column: bool) -> None:
    house = House.build(migrated, name=f"agreement_{next(NUMBERS)}")
    house = house.ordered() if by_column else house
    held: merge.Target = {}
    for age, rows in files:
        order = house.order(rows, age=age)
        found = house.load(*rows, age=age, load_id=order.shares[0].load_id)
        mark = order.shares[0].mark
        assert [found] == merge.apply_scd1(
            order, held, order.shares, [staged(mark, n, row) for n, row in enumerate(rows)]
        )
    expected = sorted((*key, t.values["value"], t.source_order, t.load_id) for key, t in held.items())
    assert house.rows("id, value, _source_order, _load_id") == expected


def staged(mark: str, number: int, row: Row) -> merge.StagedRow:
    values: dict[str, Any] = dict(zip(("id", "value", "amount", "seen_at"), row, strict=True))
    return merge.StagedRow(mark=mark, offset=number * 10, values=values)
