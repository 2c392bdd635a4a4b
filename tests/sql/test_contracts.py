"""Every shipped contract has tables and a load that the warehouse takes; so has the widest contract there may be."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.column import Column, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.domain.warehouse.ddl import target
from chalicelib.domain.warehouse.merge_size import MAX_MERGE_BYTES, merge_bytes
from tests.support.paths import ROOT
from tests.support.redshift.house import THING, House

CONTRACTS = load_contracts(ROOT / "chalicelib/contracts")
SAMPLES = {
    TypeName.BOOLEAN: "true",
    TypeName.DATE: "1995-02-03",
    TypeName.TIMESTAMP: "2026-02-03 04:05:06",
    TypeName.TIMESTAMPTZ: "2026-02-03 04:05:06+00",
}


def sample(column: Column) -> str:
    if column.values:
        return column.values[0]
    return SAMPLES.get(column.type.kind, "1")


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_a_shipped_contract_can_be_loaded(migrated: str, contract: Contract) -> None:
    toml = (ROOT / f"chalicelib/contracts/{contract.name}.toml").read_text().replace("landing.", "shipped.")
    house = House.build(migrated, name=contract.name, toml=toml.replace("{", "{{").replace("}", "}}"))
    row = tuple(sample(c) for c in reversed(contract.columns))
    backwards = tuple(c.name for c in reversed(contract.columns))
    assert house.load(row, row, age=1, columns=backwards).inserted == 1
    assert house.load(row, age=2, columns=backwards).unchanged == 1
    assert house.ask(f"select count(*) from {target(house.contract)}") == [(1,)]


def test_the_widest_contract_can_be_loaded(migrated: str) -> None:
    names = [f"c{n:03}" + "x" * 59 for n in range(410)]
    lines = "\n".join(f'{n} = {{{{ type = "varchar(8)" }}}}' for n in names)
    house = House.build(migrated, name="wide", toml=THING + lines)
    assert MAX_MERGE_BYTES - 2_000 < merge_bytes(house.contract) <= MAX_MERGE_BYTES
    house.load(("a", "1", "1", None, *["1"] * len(names)), age=1)
    assert house.load(("a", "1", "1", None, *["1"] * 409, "2"), age=2).updated == 1
