"""Bad rows beyond what is explained are counted by their codes, and nothing else of the chunk changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Escape
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run.rejects import EXPLAINED, Reject
from chalicelib.domain.staging.stage import ChunkSummary, stage_chunk
from chalicelib.domain.staging.validate import Rules, compile_rules
from tests.support.files.engine import Memory, contract, text

COLUMNS = (Column(name="n", type=ColumnType(kind=TypeName.SMALLINT)), Column(name="t", type=text(5)))
LONG = b"9," + b"x" * 300
BODY = b"".join([b"1,a\n", b"x,b\n", b"2,too long\n", b"3\n", b'4,a"b\n', b"5,\xff\n", LONG + b"\n", b"6,\0\n"] * 40)
CODES = Counter({1207: 40, 1204: 40, 1203: 40, 1216: 80, 1220: 40, 1218: 40})


def rules_of(dialect: Dialect, **limits: int) -> Rules:
    things = contract(*COLUMNS, dialect=dialect, longest=100)
    things = replace(things, limits=replace(things.limits, **limits))
    return compile_rules(things, Layout(columns=COLUMNS))


def staged(rules: Rules, block_bytes: int) -> tuple[ChunkSummary, bytes, list[Reject], Counter[int]]:
    chunk = Range(start=0, stop=len(BODY))
    summary, good, rejects, rest = ChunkSummary.of(chunk), b"", [], Counter[int]()
    for block in stage_chunk(Memory(BODY), chunk, rules, block_bytes=block_bytes):
        assert block.rows_read == block.rows_good + block.rows_rejected
        summary, good = summary.plus(block), good + bytes(block.good)
        rejects += block.rejects
        rest.update(block.unexplained)
    return summary, good, rejects, rest


@pytest.mark.parametrize("dialect", [Dialect(), Dialect(escape=Escape.BACKSLASH, null=("x",))], ids=["plain", "other"])
@pytest.mark.parametrize("block_bytes", [64, 1000, 1 << 20])
@pytest.mark.parametrize("explained", [0, 1, 7, 279, 10_000])
def test_counts_are_exact_and_only_the_first_are_explained(dialect: Dialect, block_bytes: int, explained: int) -> None:
    rules = rules_of(dialect)
    summary, good, every, none = staged(rules, 1 << 20)
    assert not none
    few = replace(rules, explained=explained)
    found_summary, found_good, rejects, rest = staged(few, block_bytes)
    assert (found_summary, found_good) == (summary, good)
    assert rejects == every[:explained]
    assert rest == Counter(int(reject.code) for reject in every[explained:])


def test_every_kind_of_fault_is_counted() -> None:
    summary, _, rejects, rest = staged(replace(rules_of(Dialect()), explained=0), 1000)
    assert rejects == []
    assert rest == CODES
    assert summary.rows_rejected == sum(CODES.values())


@pytest.mark.parametrize(
    ("allowed", "explained"), [(0, EXPLAINED), (Limits.max_rejects, EXPLAINED), (EXPLAINED + 1, EXPLAINED + 1)]
)
def test_as_many_are_explained_as_a_contract_allows(allowed: int, explained: int) -> None:
    assert rules_of(Dialect(), max_rejects=allowed).explained == explained
