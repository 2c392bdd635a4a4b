"""Defaults in a load: literals of their types, and text as parameters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.load import render_load
from chalicelib.errors import Broken
from tests.support.contact_load import order
from tests.support.contracts import COLUMNS, toml


def having(type_: str, default: str) -> Contract:
    return read_contract("thing.toml", toml(columns=f"{COLUMNS}more = {{ type = '{type_}', default = '{default}' }}\n"))


@pytest.mark.parametrize(
    ("type_", "default", "sql"),
    [
        ("super", '{"a": 1}', "JSON_PARSE(CAST(:default_more AS varchar(65535)))"),
        ("varchar(4)", 'x"y', "CAST(:default_more AS varchar(4))"),
    ],
)
def test_a_default_of_text_is_a_parameter(type_: str, default: str, sql: str) -> None:
    batch = render_load(order(contract=having(type_, default), columns=("id",)))
    [filled] = [s for s in batch.statements if s.startswith("UPDATE")]
    assert f'COALESCE("more", {sql})' in filled
    assert batch.parameters["default_more"] == default


@pytest.mark.parametrize(
    ("type_", "default", "sql"),
    [
        ("varchar(4)", "", "''"),
        ("varbyte(4)", "0aFF", "FROM_HEX('0aFF')"),
        ("boolean", "Yes", "TRUE"),
        ("boolean", "0", "FALSE"),
        ("bigint", "-9223372036854775808", "CAST('-9223372036854775808' AS bigint)"),
        ("decimal(10,2)", "+1.50", "CAST('+1.50' AS decimal(10,2))"),
        ("real", "1.e-3", "CAST('1.e-3' AS real)"),
        ("date", "2026-01-31", "CAST('2026-01-31' AS date)"),
        ("time", "24:00:00", "CAST('24:00:00' AS time)"),
        ("timestamptz", "2026-01-31T13:45:00.5+05:30", "CAST('2026-01-31T13:45:00.5+05:30' AS timestamptz)"),
    ],
)
def test_any_other_default_is_a_literal_of_its_type(type_: str, default: str, sql: str) -> None:
    batch = render_load(order(contract=having(type_, default), columns=("id",)))
    [filled] = [s for s in batch.statements if s.startswith("UPDATE")]
    assert f'COALESCE("more", {sql})' in filled
    assert "default_more" not in batch.parameters


@pytest.mark.parametrize("type_", ["bigint", "varbyte(4)", "timestamp"])
def test_a_default_that_no_contract_has_is_not_rendered(type_: str) -> None:
    sound = having(type_, {"bigint": "1", "varbyte(4)": "00"}.get(type_, "2026-01-31 13:45:00"))
    unsound = tuple(replace(c, default="1'; drop table x; --") if c.name == "more" else c for c in sound.columns)
    with pytest.raises(Broken, match="the default of more is not a literal of its type"):
        render_load(order(contract=replace(sound, columns=unsound), columns=("id",)))
