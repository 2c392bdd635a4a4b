"""The contracts that ship are sound, say what they should, and are documented; so is everything a contract may say."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract, DataCheck, Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.contract.routing import landing_prefixes, route
from chalicelib.domain.contract_files.columns.column_type import _NAMES
from chalicelib.domain.contract_files.contract_file import load_contracts, read_contract
from chalicelib.domain.run.keys import OUTPUTS
from tests.shipped import SHIPPED

ROOT = Path(__file__).parents[2]
CONTRACTS = load_contracts(ROOT / "chalicelib/contracts")
DOCS = (ROOT / "docs/reference/contracts.md").read_text()
LAYOUT = (ROOT / "docs/reference/dialect.md").read_text()
ORDERS = "o_orderkey,o_custkey,o_orderstatus,o_totalprice,o_orderdate,o_orderpriority,o_clerk,o_shippriority,o_comment"
WALMART = (
    "Customer_ID,Age,Gender,City,Category,Product_Name,Purchase_Date,Purchase_Amount,Payment_Method,Discount_Applied,"
    "Rating,Repeat_Customer"
)


def test_all_objects_ship() -> None:
    assert set(SHIPPED) <= set(CONTRACTS)
    assert set(re.findall(r"^\| `(\w+)` \| `landing\.", DOCS, re.MULTILINE)) == set(SHIPPED)
    assert landing_prefixes({name: CONTRACTS[name] for name in SHIPPED}) == ("incoming/", "monthly_data/")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("incoming/transactions.csv", "transactions"),
        ("incoming/transactions/2026/06/a.csv", "transactions"),
        ("incoming/orders/orders.csv", "orders"),
        ("incoming/user/x.csv", "user"),
        ("incoming/case/x.csv", "case"),
        ("monthly_data/walmart_customer_November-2026.csv", "walmart_sales"),
    ],
)
def test_files_go_where_people_put_them(key: str, name: str) -> None:
    found = route(CONTRACTS, key)
    assert found
    assert found.contract.name == name


def test_transactions_are_as_agreed() -> None:
    contract = CONTRACTS["transactions"]
    assert {c.name: c.type.sql for c in contract.columns} == {
        "transaction_id": "varchar(64)",
        "account_id": "bigint",
        "transaction_date": "date",
        "amount": "decimal(18,2)",
        "currency": "char(3)",
        "merchant": "varchar(256)",
        "category": "varchar(64)",
    }
    assert (contract.key, contract.order_by) == (("transaction_id",), None)
    currencies = contract.column("currency").values
    assert {"EUR", "USD", "GBP", "JPY", "CHF", "ZWG", "XCG"} <= set(currencies)
    assert not {"usd", "US", "XXX", "XTS", "HRK"} & set(currencies)
    assert list(currencies) == sorted(currencies)


@pytest.mark.parametrize(("name", "header"), [("orders", ORDERS), ("walmart_sales", WALMART)])
def test_headers_of_real_files_are_understood(name: str, header: str) -> None:
    known = {fold(h): c.name for c in CONTRACTS[name].columns for h in (c.name, *c.aliases)}
    assert [known[fold(h)] for h in header.split(",")] == [c.name for c in CONTRACTS[name].columns]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_documented(name: str) -> None:
    contract = CONTRACTS[name]
    row = next(line for line in DOCS.splitlines() if line.startswith(f"| `{contract.name}` |"))
    order = f"`{contract.order_by}`" if contract.order_by else "the file"
    for text in (f"`{contract.schema}.{contract.table}`", *(f"`{p}`" for p in contract.lands_at), order):
        assert text in row
    assert (contract.delivery.value == "snapshot") == ("(snapshot)" in row)


def test_every_key_is_documented() -> None:
    read_otherwise = {
        "schema",
        "table",
        "lineage",
        "fingerprint",
        "dialect",
        "limits",
        "columns",
        "checks",
        "delivery",
        "expected",
        "undelivered",
    }
    top = {f.name for f in fields(Contract)} - read_otherwise | {"target", "kind", "expected_by", "expected_on"}
    inner = {f.name for c in (Column, Limits, Dialect, DataCheck) for f in fields(c)} - {"name", "notation", "span"}
    pages = DOCS + LAYOUT
    assert {name for name in top | inner if not re.search(rf"`{name}`|^{name} = ", pages, re.MULTILINE)} == set()


@pytest.mark.parametrize("limit", fields(Limits), ids=lambda f: f.name)
def test_limits_are_documented_as_they_are(limit) -> None:
    row = next(line for line in DOCS.splitlines() if line.startswith(f"| `{limit.name}` |"))
    assert str(limit.default or "LANDFALL_CHUNK_MB") in row.split("|")[3]


def test_every_type_and_output_is_documented() -> None:
    assert {name for name in _NAMES if name not in DOCS.replace("\n", " ")} == set()
    assert all(f"`{output}`" in DOCS for output in OUTPUTS)


@pytest.mark.parametrize("page", ["docs/reference/contracts.md", "README.md"])
def test_examples_are_sound(page: str) -> None:
    examples = re.findall(r"```toml\n(name = .*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert examples
    for text in examples:
        name = re.search(r'name = "(\w+)"', text)
        assert name
        read_contract(f"{name[1]}.toml", text.encode())
