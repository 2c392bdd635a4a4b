"""The INSERTs of a small load: what they hold, and which rows are left to COPY."""

from __future__ import annotations

from dataclasses import replace

import pytest
from backports import zstd

from chalicelib.domain.contract.contract import Contract, Limits, Load
from chalicelib.domain.contract.dialect import NULL_WORD, Dialect, Empty
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.direct import MOST_BYTES, MOST_PARAMETERS, MOST_VALUE_BYTES, LeftToCopy, inserts
from chalicelib.domain.warehouse.load import LoadOrder
from tests.support.load_orders import changed, load_of_one

TOML = b"""
name = "thing"
target = "shop.thing"
key = ["id"]
lands_at = ["incoming/thing/*"]
load = "direct"

[columns]
id = { type = "varchar(16)", required = true }
note = { type = "varchar(65535)" }
amount = { type = "integer" }
seen = { type = "timestamp" }
extra = { type = "super" }
raw = { type = "varbyte(8)" }
"""
CONTRACT = read_contract("thing.toml", TOML)
COLUMNS = tuple(column.name for column in CONTRACT.columns)
MARK = "m" * 8


def order(rows: int, contract: Contract = CONTRACT, columns: tuple[str, ...] = COLUMNS) -> LoadOrder:
    return load_of_one(
        contract=contract,
        columns=columns,
        load_id="0" * 32,
        run_id="run",
        source_order="1",
        bucket="landing",
        key="k",
        rows_read=rows,
        rows_good=rows,
        rows_rejected=0,
        manifest="s3://landing/manifest.json",
        iam_role="default",
    )


def part(*lines: str) -> bytes:
    return zstd.compress("".join(f"{line}\n" for line in lines).encode())


def test_values_are_parameters_of_one_statement() -> None:
    first = f'{MARK},0,a,"it\'s ""x""\nand y",7,2026-01-02T03:04:05,"{{""a"":1}}",0a'
    [insert] = inserts(order(2), [part(first), part(f"{MARK},60,b,,,,,")])
    head, *rows = insert.sql.split("\n")
    names = '"_source_mark", "_source_offset", "id", "note", "amount", "seen", "extra", "raw"'
    assert head == f'INSERT INTO "staging_{"0" * 32}" ({names}) VALUES'
    assert rows == ["(?, ?, ?, ?, ?, ?, JSON_PARSE(?), FROM_HEX(?)),", "(?, ?, ?, ?, ?, ?, JSON_PARSE(?), FROM_HEX(?))"]
    assert insert.values == (
        *(MARK, "0", "a", 'it\'s "x"\nand y', "7", "2026-01-02 03:04:05", '{"a":1}', "0a"),
        *(MARK, "60", "b", None, None, None, None, None),
    )


def test_a_file_without_lineage_has_its_own_columns_only() -> None:
    [insert] = inserts(order(1, replace(CONTRACT, lineage=False), ("amount", "id")), [part("1,a")])
    assert '("amount", "id")' in insert.sql
    assert insert.values == ("1", "a")


def test_an_empty_field_is_text_where_the_contract_wants_that() -> None:
    contract = replace(CONTRACT, dialect=Dialect(empty=Empty.TEXT))
    [insert] = inserts(order(1, contract, ("id", "note", "amount")), [part(f"{MARK},0,,{NULL_WORD},")])
    assert insert.values == (MARK, "0", "", None, None)


@pytest.mark.parametrize("dialect", [Dialect(delimiter=";"), Dialect(delimiter="|", quote="'")])
def test_parts_are_read_as_they_were_staged(dialect: Dialect) -> None:
    line = dialect.staged_delimiter.join([MARK, "0", "a", f"{dialect.staged_quote}b,;|{dialect.staged_quote}"])
    [insert] = inserts(order(1, replace(CONTRACT, dialect=dialect), ("id", "note")), [part(line)])
    assert insert.values == (MARK, "0", "a", "b,;|")


def test_no_statement_has_too_many_parameters() -> None:
    rows = MOST_PARAMETERS // 3 + 1
    made = inserts(order(rows, columns=("id",)), [part(*(f"{MARK},{n},k{n}" for n in range(rows)))])
    assert [len(insert.values) for insert in made] == [MOST_PARAMETERS - MOST_PARAMETERS % 3, 3]
    assert all(insert.sql.count("?") == len(insert.values) for insert in made)
    assert [value for insert in made for value in insert.values][2::3] == [f"k{n}" for n in range(rows)]


def test_a_load_without_rows_has_no_statement() -> None:
    assert inserts(order(0), []) == []


LONG = "é" * (MOST_VALUE_BYTES // 2)


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        ([f"{MARK},0,a,{LONG}xx,,,,"], 1),
        ([f"{MARK},{n},k{n},{LONG},,,," for n in range(MOST_BYTES // MOST_VALUE_BYTES + 1)], None),
        ([f"{MARK},0,a"], 1),
        ([f"{MARK},0,a,b,,,,,"], 1),
        ([f'{MARK},0,a,"open,,,,'], 1),
        ([f"{MARK},0,a,,,,,"], 2),
    ],
    ids=["value", "all", "short", "long", "quote", "count"],
)
def test_rows_that_may_differ_are_left_to_copy(lines: list[str], rows: int | None) -> None:
    with pytest.raises(LeftToCopy):
        inserts(order(rows or len(lines)), [part(*lines)])


@pytest.mark.parametrize("body", [b"", b"no zstd", part(f"{MARK},0,a,,,,,")[:-3], zstd.compress(b"\xff\xfe")])
def test_a_part_that_is_not_whole_is_left_to_copy(body: bytes) -> None:
    with pytest.raises(LeftToCopy):
        inserts(order(1), [body])


def test_the_longest_value_that_fits_is_sent() -> None:
    [insert] = inserts(order(1, columns=("id", "note")), [part(f"{MARK},0,a,{LONG}x")])
    assert insert.values[-1] == f"{LONG}x"


@pytest.mark.parametrize(
    ("load", "rows", "direct"),
    [(Load.DIRECT, 5, True), (Load.DIRECT, 6, False), (Load.COPY, 1, False), (Load.DIRECT, 0, True)],
)
def test_a_load_is_direct_up_to_the_contracts_rows(load: Load, rows: int, direct: bool) -> None:
    contract = replace(CONTRACT, load=load, limits=Limits(direct_rows=5))
    assert order(rows, contract).direct is direct


def test_the_rows_of_all_files_of_a_load_count() -> None:
    one = order(600)
    two = replace(one, shares=(*one.shares, *changed(one, load_id="1" * 32).shares))
    assert (one.direct, two.direct) == (True, False)
