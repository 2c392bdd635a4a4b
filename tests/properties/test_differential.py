"""Hostile rows by the ten thousand: what a slow reader and Python's csv say of them, the engine says, however cut.

`make fuzz` reads six times as many.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.dialect import Dialect
from tests.support.files import pythons_csv, reference
from tests.support.files.engine import Staged, as_copied, assert_as_reference, contract, header_of, stage_file, text
from tests.support.files.hostile import hostile_file
from tests.support.fuzz import SCALE

SHARES = 12 if SCALE else 2
ROWS, ROWS_IN_CHUNKS = 5_000 * SHARES, 2_000 * SHARES
ROWS_A_FILE = 100
NUMBER = Column(name="n", type=ColumnType(kind=TypeName.SMALLINT), required=True)
CONTRACTS = (
    contract(NUMBER, Column(name="a", type=text(3)), Column(name="b", type=text(40)), longest=48),
    contract(Column(name="n", type=text(40)), Column(name="a", type=text(40)), longest=90),
    contract(NUMBER, *(Column(name=name, type=text(9)) for name in "abcdef"), longest=200),
    contract(Column(name="n", type=text(20)), longest=24),
    contract(NUMBER, Column(name="a", type=text(30)), longest=40, dialect=Dialect(delimiter="|", quote="'")),
    contract(
        NUMBER, Column(name="day", type=ColumnType(kind=TypeName.DATE)), Column(name="b", type=text(8)), longest=60
    ),
)
EVERY_KIND = {1202, 1203, 1204, 1205, 1207, 1213, 1216, 1218, 1220, 1222}
"""Redshift's codes for whatever may be wrong with these contracts' rows."""


def files(seed: int, rows: int, rows_a_file: int = ROWS_A_FILE) -> list[tuple[Contract, bytes]]:
    """Hostile files for each of the contracts in turn."""
    dice = random.Random(seed)
    turns = [CONTRACTS[n % len(CONTRACTS)] for n in range(rows // rows_a_file)]
    return [(things, header_of(things) + hostile_file(dice, things, rows_a_file)) for things in turns]


def whole(things: Contract, data: bytes, block_bytes: int = 1 << 20) -> Staged:
    return stage_file(data, things, len(data), block_bytes)


def test_the_fuzz_makes_every_kind_of_fault_and_many_good_rows():
    seen = Counter(
        outcome.code
        for things, data in files(0, ROWS // SHARES)
        for outcome in reference.read(data, len(header_of(things)), things)
    )
    assert set(seen) >= EVERY_KIND
    assert seen[None] > sum(seen.values()) / 10


@pytest.mark.parametrize("share", range(SHARES))
def test_hostile_rows_match_the_reference_at_any_block_size(share):
    dice, rows = random.Random(-share), 0
    for things, data in files(share, ROWS // SHARES):
        expected = whole(things, data)
        assert_as_reference(data, things, expected)
        for block_bytes in (dice.choice([16, 17, 31, 64]), dice.randint(65, 2000)):
            assert whole(things, data, block_bytes) == expected
        rows += sum(summary.rows_read for summary in expected.summaries)
    assert rows >= ROWS / SHARES


@pytest.mark.parametrize("share", range(SHARES))
def test_hostile_rows_match_the_reference_at_any_chunk_size(share):
    dice, rows = random.Random(-share), 0
    for things, data in files(1000 + share, ROWS_IN_CHUNKS // SHARES):
        chunk_bytes, block_bytes = dice.choice([61, 257, 800]), dice.choice([64, 1 << 20])
        staged, expected = stage_file(data, things, chunk_bytes, block_bytes), whole(things, data)
        assert_as_reference(data, things, staged)
        assert (staged.good, staged.rejects) == (expected.good, expected.rejects)
        rows += sum(summary.rows_read for summary in staged.summaries)
    assert rows >= ROWS_IN_CHUNKS / SHARES


@pytest.mark.parametrize("share", range(SHARES))
def test_small_files_may_be_cut_at_every_byte(share):
    """Not where the splitter would: any guess has to come right by the chain."""
    small = (found for found in files(2000 + share, 90, rows_a_file=3) if len(found[1]) < 120)
    cuts = 0
    for things, data in islice(small, 6):
        expected = whole(things, data)
        assert_as_reference(data, things, expected)
        for cut in range(len(header_of(things)), len(data)):
            staged = stage_file(data, things, len(data), 1 << 20 if cut % 4 else 16, guesses=[cut])
            assert (staged.good, staged.rejects) == (expected.good, expected.rejects), cut
            cuts += 1
    assert cuts > 200


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("share", range(SHARES))
def test_hostile_rows_are_what_pythons_csv_reads(share, strict):
    rows = 0
    for things, data in files(share, ROWS // SHARES):
        staged = whole(things, data)
        read = pythons_csv.read(data, len(header_of(things)), things, strict=strict)
        assert_as_csv(things, data, staged, [row for row in read if row.raw])
        rows += sum(bool(row.raw) for row in read)
    assert rows >= ROWS / SHARES


def assert_as_csv(things: Contract, data: bytes, staged: Staged, read: list[pythons_csv.Row]) -> None:
    """csv's rows are the engine's, and what is no row to csv is a malformed line to the engine."""
    found = {reject.byte_offset: reject for reject in staged.rejects}
    assert set(found) <= {row.start for row in read}
    assert all(found[row.start].record == row.raw for row in read if row.start in found)
    malformed = {offset for offset, reject in found.items() if reject.code == RowCode.LINE}
    assert malformed == {row.start for row in read if row.fields is None}
    ragged = {
        offset for offset, reject in found.items() if reject.code in (RowCode.TOO_FEW_COLUMNS, RowCode.TOO_MANY_COLUMNS)
    }
    width = len(things.columns)
    assert ragged == {row.start for row in read if row.fields is not None and len(row.fields) != width}
    good = [row for row in read if row.start not in found]
    assert staged.good == b"".join(as_copied(data, row, things) for row in good)
    for strict in (True, False):  # what is staged reads the same to readers that know no way back
        assert pythons_csv.rows_of(staged.good, things, strict=strict) == [row.fields for row in good]
