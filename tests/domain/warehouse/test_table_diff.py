"""Which tables hold what their contract promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.ddl import target_columns
from chalicelib.domain.warehouse.table_diff import TableColumn, differences, fits

TOML = """
name = "thing"
target = "landing.thing"
key = ["id"]
lands_at = ["incoming/thing/*"]

[columns]
id = { type = "varchar(16)", required = true }
note = { type = "varchar(64)" }
"""
THING = read_contract("thing.toml", TOML.encode())


def table_of(contract: Contract) -> dict[str, TableColumn]:
    required = {column.name for column in contract.columns if column.required}
    return {
        name: TableColumn(written=type_.sql, type=type_, required=name in required)
        for name, type_ in target_columns(contract)
    }


TABLE = table_of(THING)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("smallint", "bigint"),
        ("varchar(64)", "varchar(65)"),
        ("varbyte(8)", "varbyte(9)"),
        ("decimal(10,2)", "decimal(18,2)"),
        ("decimal(10,2)", "decimal(12,4)"),
        ("date", "date"),
        ("char(3)", "char(4)"),
    ],
)
def test_a_table_may_be_as_wide_or_wider(wanted: str, found: str) -> None:
    assert fits(parse_type(wanted), parse_type(found))
    assert fits(parse_type(wanted), parse_type(wanted))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("bigint", "integer"),
        ("integer", "decimal(10,0)"),
        ("varchar(65)", "varchar(64)"),
        ("varchar(3)", "char(3)"),
        ("varbyte(9)", "varbyte(8)"),
        ("decimal(10,2)", "decimal(9,2)"),
        ("decimal(10,2)", "decimal(11,4)"),
        ("decimal(10,4)", "decimal(10,2)"),
        ("double precision", "real"),
        ("timestamp", "date"),
        ("timestamptz", "timestamp"),
        ("super", "varchar(65535)"),
    ],
)
def test_a_table_that_would_change_a_value_does_not_fit(wanted: str, found: str) -> None:
    assert not fits(parse_type(wanted), parse_type(found))


def test_a_type_that_no_contract_has_does_not_fit() -> None:
    assert not fits(parse_type("date"), None)
    (found,) = differences(THING, {**TABLE, "note": TableColumn(written="geometry", type=None)})
    assert found.reason == "is geometry; the contract has varchar(64)"


def test_a_table_that_landfall_has_made_does_not_differ() -> None:
    assert differences(THING, TABLE) == []
    assert differences(THING, {**TABLE, "theirs": TableColumn(written="date", type=parse_type("date"))}) == []


def test_only_what_changes_no_stored_value_is_safe() -> None:
    more = replace(THING, columns=(*THING.columns, Column(name="extra", type=parse_type("date"), required=True)))
    shorter = {**TABLE, "note": TableColumn(written="varchar(8)", type=parse_type("varchar(8)"))}
    other = {**TABLE, "note": TableColumn(written="date", type=parse_type("date"))}
    (new,), (longer,), (changed,) = differences(more, TABLE), differences(THING, shorter), differences(THING, other)
    assert [d.safe for d in (new, longer, changed)] == [True, True, False]
    assert new.ddl == ('ALTER TABLE "landing"."thing" ADD COLUMN "extra" date',)
    assert longer.ddl == ('ALTER TABLE "landing"."thing" ALTER COLUMN "note" TYPE varchar(64)',)
    assert changed.ddl == ()


def test_a_column_that_refuses_null_is_reported_unless_required() -> None:
    strict = {name: replace(column, required=True) for name, column in TABLE.items()}
    assert [d.column for d in differences(THING, strict)] == ["note"]


def test_a_lineage_column_of_another_type_is_reported() -> None:
    found = {**TABLE, "_source_offset": TableColumn(written="integer", type=parse_type("integer"))}
    assert [d.column for d in differences(THING, found)] == ["_source_offset"]


def test_a_wider_lineage_column_is_no_difference() -> None:
    wider, shorter = (TableColumn(written=text, type=parse_type(text)) for text in ("varchar(64)", "varchar(16)"))
    assert differences(THING, {**TABLE, "_load_id": wider}) == []
    (found,) = differences(THING, {**TABLE, "_load_id": shorter})
    assert (found.ddl, found.safe) == (
        ('ALTER TABLE "landing"."thing" ALTER COLUMN "_load_id" TYPE varchar(32)',),
        True,
    )


def test_the_column_of_a_layout_cannot_be_replaced() -> None:
    other = {**TABLE, "note": TableColumn(written="date", type=parse_type("date"))}
    (found,) = differences(replace(THING, sort_key=("note",)), other)
    assert (found.ddl, found.safe) == ((), False)
