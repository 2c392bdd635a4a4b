"""Which columns hold which types, and what an operator reads of one that does not."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.column_fit import ahead, catalog_type, explain_ahead, fits
from tests.support.contracts import COLUMNS, toml

ORDERS = """amount = { type = "decimal(12,4)" }
note = { type = "varchar(200)" }
born = { type = "date" }
number = { type = "bigint" }
code = { type = "char(4)" }
"""


@pytest.mark.parametrize(
    ("wanted", "held", "expected"),
    [
        ("integer", "integer", True),
        ("smallint", "bigint", True),
        ("bigint", "integer", False),
        ("integer", "decimal(18,0)", False),
        ("decimal(10,2)", "decimal(12,2)", True),
        ("decimal(10,2)", "decimal(12,4)", True),
        ("decimal(10,2)", "decimal(10,4)", False),  # two digits fewer before the point
        ("decimal(12,4)", "decimal(12,2)", False),
        ("varchar(5)", "varchar(6)", True),
        ("varchar(5)", "varchar(4)", False),
        ("char(5)", "char(6)", True),
        ("char(5)", "varchar(6)", False),
        ("varbyte(5)", "varbyte(4)", False),
        ("real", "double precision", False),  # 0.1 would read 0.10000000149011612
        ("date", "timestamp", False),
        ("super", "super", True),
    ],
)
def test_a_column_holds_every_value_of_a_type_or_not(wanted: str, held: str, expected: bool) -> None:
    assert fits(parse_type(wanted), parse_type(held)) is expected


def test_types_are_written_as_the_catalog_writes_them() -> None:
    given = ["decimal(10,2)", "varchar(5)", "char(2)", "timestamptz", "double precision", "bigint", "super"]
    assert [catalog_type(parse_type(text)) for text in given] == [
        "numeric(10,2)",
        "character varying(5)",
        "character(2)",
        "timestamp with time zone",
        "double precision",
        "bigint",
        "super",
    ]


def orders(**keys: str) -> Contract:
    return read_contract("thing.toml", toml(columns=COLUMNS + ORDERS, **keys))


def explained(contract: Contract, **held: str) -> str:
    """What is reported for a table with these columns instead of the contract's own."""
    types = {c.name: c.type for c in contract.columns} | {name: parse_type(text) for name, text in held.items()}
    return explain_ahead(contract, f"Query #3 failed with ERROR: {ahead(contract, types)}")


def test_a_table_that_fits_is_no_fault() -> None:
    assert explained(orders(), note="varchar(300)") == ""
    assert explain_ahead(orders(), "ERROR: BOOKS_OPEN: 1 rows") == ""


def test_a_column_is_named_with_both_types_and_the_ddl() -> None:
    assert explained(orders(), amount="decimal(10,2)", note="varchar(64)") == (
        "landing.thing.amount is numeric(10,2), but the contract has decimal(12,4): "
        'BEGIN; ALTER TABLE "landing"."thing" ADD COLUMN "amount__new" decimal(12,4); '
        'UPDATE "landing"."thing" SET "amount__new" = CAST("amount" AS decimal(12,4)); '
        'ALTER TABLE "landing"."thing" DROP COLUMN "amount"; '
        'ALTER TABLE "landing"."thing" RENAME COLUMN "amount__new" TO "amount"; COMMIT; '
        "landing.thing.note is character varying(64), but the contract has varchar(200): "
        'ALTER TABLE "landing"."thing" ALTER COLUMN "note" TYPE varchar(200); '
        "`landfall migrate --plan` lists all differences; then run the file again"
    )


def test_a_missing_column_is_added() -> None:
    types = {c.name: c.type for c in orders().columns if c.name != "born"}
    assert explain_ahead(orders(), ahead(orders(), types)).startswith(
        "landing.thing.born is missing, but the contract has date: "
        'ALTER TABLE "landing"."thing" ADD COLUMN "born" date; '
    )


def test_a_column_of_the_layout_cannot_be_replaced() -> None:
    text = explained(orders(sort_key='["number"]'), number="integer")
    assert text.startswith("landing.thing.number is integer, but the contract has bigint: create the table again with")


@pytest.mark.parametrize(
    ("column", "held"),
    [("amount", "decimal(10,6)"), ("amount", "double precision"), ("born", "timestamp"), ("code", "varchar(20)")],
)
def test_no_statement_may_change_a_stored_value(column: str, held: str) -> None:
    text = explained(orders(), **{column: held})
    assert "stored values may not fit that type: give the contract the table's type" in text
    assert "UPDATE" not in text
    assert "DROP" not in text


def test_more_columns_than_are_listed_are_counted() -> None:
    narrow = {"amount": "real", "note": "date", "born": "time", "number": "real", "code": "char(1)"}
    assert "; and 1 more columns; `landfall" in explained(orders(), **narrow)


def test_a_text_that_was_cut_is_read_as_far_as_it_goes() -> None:
    raised = ahead(orders(), {**{c.name: c.type for c in orders().columns}, "amount": parse_type("decimal(10,2)")})
    assert explain_ahead(orders(), raised[: raised.index("(10,") + 3]).startswith("and 1 more columns; ")


def test_a_type_that_no_contract_can_have_gets_no_statement() -> None:
    raised = "CONTRACT_AHEAD: 1 columns of landing.thing cannot hold what the contract allows (born is geometry)"
    assert "stored values may not fit that type" in explain_ahead(orders(), raised)
