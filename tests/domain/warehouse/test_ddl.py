"""The tables of a target: the target itself, its gate, its staging."""

from __future__ import annotations

import re

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.ddl import drop_staging_ddl, gate, gate_ddl, staging_ddl, target_ddl
from tests.support.contracts import COLUMNS, toml


def test_a_target_that_needs_quotes_gets_them() -> None:
    contract = read_contract("thing.toml", toml(target='"user.case"', dist_key='"id"', sort_key='["id"]'))
    schema, table = target_ddl(contract)
    assert schema == 'CREATE SCHEMA IF NOT EXISTS "user"'
    assert table.startswith('CREATE TABLE IF NOT EXISTS "user"."case" (\n  "id" bigint NOT NULL,')
    assert table.endswith(') DISTSTYLE KEY DISTKEY ("id") COMPOUND SORTKEY ("id")')
    assert "PRIMARY KEY" not in table


def test_a_target_without_keys_is_left_to_redshift() -> None:
    assert target_ddl(read_contract("thing.toml", toml()))[1].endswith(") DISTSTYLE AUTO SORTKEY AUTO")


def test_gates_of_different_targets_are_different() -> None:
    targets = ["a_b.c", "a.b_c", "a." + "x" * 62 + "y", "a." + "x" * 62 + "z"]
    contracts = [read_contract("thing.toml", toml(target=f'"{t}"')) for t in targets]
    gates = [gate(c.target) for c in contracts]
    assert len(set(gates)) == len(gates)
    assert all(len(g) <= len('"etl"."') + 63 + 1 for g in gates)
    assert gate_ddl(contracts[0]) == [f"CREATE TABLE IF NOT EXISTS {gates[0]} (held_by varchar(32)) DISTSTYLE ALL"]


def test_staging_has_the_columns_of_the_file_and_then_the_others() -> None:
    contract = read_contract("thing.toml", toml(columns='a = { type = "date" }\n' + COLUMNS + 'b = { type = "real" }'))
    columns = re.findall(r'^  "(\w+)"', staging_ddl(contract, ("b", "id"), "0" * 32, "0" * 8), re.MULTILINE)
    assert columns == ["_source_mark", "_source_offset", "b", "id", "a"]


def test_staging_is_dropped_by_the_name_it_was_made_with() -> None:
    contract = read_contract("thing.toml", toml())
    name = drop_staging_ddl("a" * 32).removeprefix("DROP TABLE ")
    assert f"CREATE TEMP TABLE {name} (" in staging_ddl(contract, (), "a" * 32, "a" * 8)
