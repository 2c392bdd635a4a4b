"""A direct load and a COPY of the same values leave the same table, value by value."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import Contract, Load
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.staging.validate import compile_rules
from chalicelib.domain.warehouse.statement import is_direct
from tests.adapters.warehouses import Site
from tests.sql import values

_names = (f"v{number}" for number in itertools.count(1))
TYPES = {
    "smallint": values.integers(16),
    "integer": values.integers(32),
    "bigint": values.integers(64),
    "decimal(9,2)": values.decimals(9, 2),
    "decimal(38,37)": values.decimals(38, 37),
    "real": values.floats,
    "float8": values.floats,
    "boolean": values.booleans,
    "char(9)": values.texts(9),
    "varchar(12)": values.texts(12),
    "date": values.dates(),
    "time": values.clocks([""]),
    "timetz": values.clocks(["Z", "+01", "-08:00"]),
    "timestamp": values.moments([""]),
    "timestamptz": values.moments(["", "Z", "+00", "-08:00"]),
    "super": values.documents,
    "varbyte(45)": values.hexadecimal(45),
}


def contract_of(type_sql: str) -> Contract:
    name = next(_names)
    text = f"""
name = "{name}"
target = "shop.{name}"
key = ["id"]
lands_at = ["incoming/{name}/*"]
[columns]
id = {{ type = "varchar(16)", required = true }}
v = {{ type = "{type_sql}" }}
"""
    return replace(read_contract(f"{name}.toml", text.encode()), lineage=False)


def good(type_sql: str) -> list[str]:
    """Values that the check accepts."""
    contract = contract_of(type_sql)
    rule = compile_rules(contract, Layout(columns=contract.columns[1:])).columns[0]
    made = values.some(TYPES[type_sql], 500, type_sql)
    return [text for text in made if rule.judge(text.encode()) is None]


@pytest.mark.parametrize("type_sql", TYPES)
def test_insert_and_copy_load_the_same_values(redshift: Site, type_sql: str) -> None:
    some = good(type_sql)
    assert len(some) >= 50
    quoted = [text.replace('"', '""') for text in some]
    part = "".join(f'k{number:05},"{text}"\n' for number, text in enumerate(quoted)) + "null,\n"
    seen = []
    for way in Load:
        contract = replace(contract_of(type_sql), load=way)
        redshift.build(contract)
        order = redshift.order(contract, [part.encode()], load="one", rows_read=len(some) + 1, rows_good=len(some) + 1)
        ended = redshift.load(order)
        assert (ended.error, is_direct(ended.statement_id)) == ("", way is Load.DIRECT)
        seen.append(redshift.rows(contract))
    assert len(seen[0]) == len(some) + 1
    assert seen[0][-1] == ("null", None)
    assert seen[0] == seen[1]
