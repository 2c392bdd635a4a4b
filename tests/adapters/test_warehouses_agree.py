"""The two warehouses agree on any sequence of files."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.contract import Contract, Delivery
from chalicelib.domain.run.model import Counts
from chalicelib.domain.warehouse.statement import StatementState
from tests.adapters.warehouses import Site, memory_site
from tests.support.load_orders import ledger_of

_names = (f"u{number}" for number in itertools.count(1))

FIELDS = st.tuples(
    st.sampled_from(["a", "b", "a ", "a  ", " a", "b\t", "é ", "é"]),
    st.sampled_from(["", "1", "1.50", "-2"]),
    st.sampled_from(["", "2026-01-01", "2026-01-02"]),
    st.sampled_from(["", "x", "x ", "a, b", 'say ""hi""', " "]),
)
FILES = st.lists(
    st.tuples(st.lists(FIELDS, max_size=5), st.integers(1, 3), st.sampled_from([1, 2])), min_size=1, max_size=5
)


def part(rows: list[tuple[str, ...]], first: int) -> bytes:
    lines = (
        f"{first + n},{i},{a},{d},{f'{chr(34)}{t}{chr(34)}' if t else ''}\n" for n, (i, a, d, t) in enumerate(rows)
    )
    return "".join(lines).encode()


@pytest.mark.parametrize(
    "rules",
    [
        lambda c: c,
        lambda c: replace(c, order_by="seen_on"),
        lambda c: replace(c, order_by="note"),
        lambda c: replace(c, delivery=Delivery.SNAPSHOT),
    ],
    ids=["by file", "by column", "by text", "snapshot"],
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(files=FILES)
def test_memory_and_redshift_merge_alike(
    redshift: Site, rules: Callable[[Contract], Contract], files: list[tuple[list[tuple[str, ...]], int, int]]
) -> None:
    memory, name = memory_site(), next(_names)
    shown = []
    for site in (memory, redshift):
        contract = rules(site.contract(name))
        ledger = []
        for number, (rows, age, cut) in enumerate(files):
            parts = [p for p in (part(rows[:cut], 0), part(rows[cut:], 100)) if p]
            order = site.order(contract, parts, load=f"file {number}", age=age)
            assert site.load(order).state is StatementState.FINISHED
            row = ledger_of(site.warehouse, order)[order.shares[0].load_id]
            assert Counts(read=row.staged, good=row.staged).after(row).settled
            ledger.append(row)
        rows_seen = [(r[0], r[1] and Decimal(r[1]), *r[2:]) for r in site.rows(contract)]
        shown.append((ledger, rows_seen))
    assert shown[0] == shown[1]
