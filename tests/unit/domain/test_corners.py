"""What seldom happens: bounds of what is vectorised, damaged frames, books that do not balance, keys of any type."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from chalicelib.domain.checks.rules import SHORT, pattern
from chalicelib.domain.checks.texts import LONGEST_WORDS, listed
from chalicelib.domain.contract.contract import NULL_WORD, Column, ColumnType, Dialect, Empty, Kind, Limits
from chalicelib.domain.decode.decode import converted
from chalicelib.domain.file.books import totals
from chalicelib.domain.formats.csv.header import match_header
from chalicelib.domain.formats.sizes import refuse_size
from chalicelib.domain.raw.bytesource import Range
from chalicelib.domain.run.events import run_of_statement, work_of
from chalicelib.domain.run.lineage import prefixed
from chalicelib.domain.run.model import Chunk
from chalicelib.domain.staging.stage import stage_chunk
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.errors import Broken, Rejected
from tests.properties.engine import Memory, contract, header_of, stage_file, text
from tests.properties.packing import framed
from tests.properties.test_patterns import fields_with

LOOKS_AHEAD = r"(?=.*[0-9])[a-z0-9]{2,80}"
"""No table can be made of it."""


def test_a_pattern_beyond_tables_is_judged_once_for_each_distinct_value() -> None:
    check = pattern(LOOKS_AHEAD, '"')
    values = ["a1", "ab", "a1", "", "z" * 20 + "7", "z" * 20 + "8", "z" * 21, "9" * SHORT, "9" * (SHORT + 1), "a1é"]
    proven = check.prove(fields_with(values)).tolist()
    assert proven == [bool(re.fullmatch(LOOKS_AHEAD, v)) and len(v.encode()) <= SHORT for v in values]
    assert [check.judge(v.encode()) is None for v in values] == [bool(re.fullmatch(LOOKS_AHEAD, v)) for v in values]


def test_a_pattern_beyond_tables_leaves_long_values_and_doubled_quotes_to_the_judge() -> None:
    assert pattern(LOOKS_AHEAD, '"').prove(fields_with(["9" * (SHORT + 1)] * 3)).tolist() == [False] * 3
    assert pattern(r'(?=.)a"+', '"').prove(fields_with(['a"', 'a""'])).tolist() == [True, False]


def test_values_that_are_all_long_are_left_to_the_judge() -> None:
    allowed = "x" * (LONGEST_WORDS + 1)
    check = listed((allowed, 'a"b'), '"')
    assert check.prove(fields_with([allowed, "y"])).tolist() == [False, False]
    assert check.judge(allowed.encode()) is None
    assert check.judge(b"y") is not None


@pytest.mark.parametrize("kind", [Kind.REAL, Kind.DOUBLE])
def test_floats_are_held_to_their_bounds(kind: Kind) -> None:
    things = contract(Column(name="a", type=ColumnType(kind=kind), min="-1.5", max="1e3"))
    staged = stage_file(header_of(things) + b"-1.5\n-1.51\n1000\n1000.5\n0\n", things, 1 << 20)
    assert staged.good == b"-1.5\n1000\n0\n"
    assert [r.reason for r in staged.rejects] == [
        "a is less than the contract's min, -1.5",
        "a is more than the contract's max, 1e3",
    ]


def test_decimals_of_more_places_than_an_integer_holds_are_held_to_their_bounds() -> None:
    kind = ColumnType(kind=Kind.DECIMAL, precision=38, scale=30)
    things = contract(Column(name="a", type=kind, min="0.5", max="2"))
    staged = stage_file(header_of(things) + b"0.5\n0.4" + b"9" * 29 + b"\n2\n2." + b"0" * 29 + b"1\n", things, 1 << 20)
    assert staged.good == b"0.5\n2\n"


def test_rows_that_are_unaccounted_for_end_the_run() -> None:
    chunk = Chunk(run_id="r", generation=1, number=1, start=0, stop=1, read=3, good=1, rejected=1)
    with pytest.raises(Broken, match="3 rows read, but 1 good and 1 rejected") as refused:
        totals([chunk])
    assert refused.value.code == "UNBALANCED"


def test_a_file_over_the_contracts_size_is_refused() -> None:
    refuse_size(9, Limits(max_bytes=9))
    with pytest.raises(Rejected, match=r"has 10 bytes; limits\.max_bytes allows 9") as refused:
        refuse_size(10, Limits(max_bytes=9))
    assert refused.value.code == "TOO_LARGE"


@pytest.mark.parametrize("head", [0b111, (1 << 21) | 1])
def test_a_zstd_block_whose_head_is_damaged_is_refused(head: int) -> None:
    sound = framed(b"a,b\n1,2\n")
    start = 6 if sound[4] >> 5 & 1 and sound[4] >> 6 == 0 else None
    assert start, "the frame's header is of another length than this test thinks"
    damaged = sound[:start] + head.to_bytes(3, "little") + sound[start + 3 :]
    with pytest.raises(Rejected) as refused:
        b"".join(converted(Memory(damaged), Dialect(), Limits()))
    assert refused.value.code == "COMPRESSION_BROKEN"


@pytest.mark.parametrize("body", ["", "[]", "7", "null", '"x"', "{}", '{"run": "x"}', '{"number": 1}', "\udcff"])
def test_a_message_of_nobodys_is_told_as_such(body: str) -> None:
    assert work_of(body) is None


def test_a_message_of_ours_is_read() -> None:
    assert work_of('{"run_id": "r"}') == "r"
    task = work_of('{"run_id": "r", "generation": 1, "number": 2, "start": 3, "stop": 4}')
    assert (getattr(task, "run_id", ""), getattr(task, "number", 0)) == ("r", 2)


@pytest.mark.parametrize(
    ("event", "run"),
    [
        ({"detail": {"statementName": "0123456789abcdef" * 2}}, "0123456789abcdef" * 2),
        ({"detail": {"statementName": "0123456789ABCDEF" * 2}}, None),
        ({"detail": {"statementName": "nightly report"}}, None),
        ({"detail": {}}, None),
        ({}, None),
    ],
)
def test_the_end_of_a_statement_leads_to_the_run_it_is_named_after(event: dict[str, Any], run: str | None) -> None:
    assert run_of_statement(event) == run


@pytest.mark.parametrize(
    ("kind", "values", "alike"),
    [
        (ColumnType(kind=Kind.DATE), ["2026-01-01", "2026-01-02", "2026-01-01"], [0, 1, 0]),
        (ColumnType(kind=Kind.DECIMAL, precision=9, scale=2), ["1.5", "1.50", "-1.5"], [0, 0, 1]),
        (ColumnType(kind=Kind.BIGINT), ["7", "007", "8"], [0, 0, 1]),
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


def test_no_rows_have_no_marks() -> None:
    empty = np.zeros(0, np.int64)
    rows = np.zeros(0, np.uint8)
    assert prefixed(rows, empty, empty, ord(","), b"12345678") is rows


def test_a_row_longer_than_what_copy_takes_is_rejected() -> None:
    """Written anew, it may be longer than it was in the file: each quote is doubled."""
    longest = 65_535
    columns = [Column(name=f"c{n}", type=text(longest)) for n in range(40)]
    things = contract(*columns, longest=8 << 20, dialect=Dialect(delimiter="||"))
    row = b"||".join([b'"' + b'""' * longest + b'"'] * 40)
    staged = stage_file(header_of(things) + row + b"\n" + b"||".join([b"x"] * 40) + b"\n", things, 16 << 20)
    assert [r.line for r in staged.rejects] == [2]
    assert staged.good.count(b"\n") == 1


@pytest.mark.parametrize("bad", [b"1||2||3\n", f"1||{NULL_WORD}\n".encode()])
def test_a_fault_is_told_once_however_many_pieces_its_block_is_handed_on_in(bad: bytes) -> None:
    dialect = Dialect(delimiter="||", empty=Empty.TEXT)
    things = contract(Column(name="a", type=text()), Column(name="b", type=text(20)), dialect=dialect)
    rows = [b"1||2\n"] * 140_000
    for at in (3, 70_000, 139_999):
        rows[at] = bad
    staged = stage_file(header_of(things) + b"".join(rows), things, 16 << 20, 16 << 20)
    assert [r.line for r in staged.rejects] == [5, 70_002, 140_001]
    assert staged.good.count(b"\n") == 140_000 - 3


def test_a_last_line_that_is_nothing_but_a_carriage_return_is_no_row() -> None:
    things = contract(Column(name="a", type=text()), Column(name="b", type=text()), dialect=Dialect(delimiter="||"))
    staged = stage_file(header_of(things) + b"1||2\n\r", things, 1 << 20)
    assert (staged.good, staged.rejects) == (b"1,2\n", [])
    assert sum(summary.rows_read for summary in staged.summaries) == 1
