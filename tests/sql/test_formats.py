"""What files write in any format is in the table as the moment that it means."""

from __future__ import annotations

import itertools
from dataclasses import replace

import psycopg
import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.run.ids import digest
from chalicelib.domain.warehouse.ddl import target
from tests.sql.contacts import connect, order, outcome
from tests.support.files.engine import stage_file
from tests.support.redshift.desk import Desk
from tests.support.redshift.migration import apply

TOML = """
name = "stay"
target = "landing.stays"
key = ["id"]
lands_at = ["incoming/stay/*"]
order_by = "seen"

[columns]
id = {{ type = "integer", required = true }}
born = {{ type = "date"{born} }}
left = {{ type = "date"{left} }}
seen = {{ type = "timestamp", required = true{seen} }}
sent = {{ type = "timestamptz" }}
note = {{ type = "super", default = '{{"from": "nowhere"}}' }}
seal = {{ type = "varbyte(8)", default = "00ff" }}
opens = {{ type = "time" }}
"""
NUMBERS = itertools.count(1)
FORMATS = {
    "ISO 8601 only": ("", "", "", ["2024-02-29", "2024-03-01", "2024-03-01 10:20:30.5"]),
    "one for all": ("DD.MM.YYYY", "DD.MM.YYYY", "", ["29.02.2024", "01.03.2024", "2024-03-01T10:20:30.5"]),
    "all different": (
        "DD.MM.YYYY", "MM/DD/YYYY", "YYYYMMDD HH24MISS", ["29.02.2024", "03/01/2024", "20240301 102030.5"],
    ),
    "ISO 8601 and another": (
        "", "DD/MM/YYYY", "DD/MM/YYYY HH:MI:SS", ["2024-02-29", "01/03/2024", "01/03/2024 10:20:30.5"],
    ),
    "month names": (
        "MON DD, YYYY", "DD-MON-YYYY", "MM/DD/YYYY HH12:MI:SS AM",
        ["February 29, 2024", "01-MAR-2024", "03/01/2024 10:20:30.5 am"],
    ),
    "without leading zeros": (
        "D.M.YYYY", "M/D/YYYY", "D.M.YYYY H:MI:SS", ["29.2.2024", "3/1/2024", "1.3.2024 10:20:30.5"],
    ),
    "auto": ("auto", "YYYYMMDD", "auto", ["29-Feb-2024", "20240301", "Mar 01, 2024 10:20:30.5"]),
}  # fmt: skip
REST = ',2024-03-01 10:00:00+02,"{""b"":[1,null]}",CAFE,24:00:00'


def stay(*formats: str) -> Contract:
    asked = [f', format = "{text}"' if text else "" for text in formats]
    text = TOML.format(**dict(zip(("born", "left", "seen"), asked, strict=True)))
    return replace(
        read_contract("stay.toml", text.encode()), name=f"stay_{next(NUMBERS)}", table=f"stays_{next(NUMBERS)}"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_what_files_write_in_any_form_is_the_same_in_the_table(desk: Desk, name: str) -> None:
    *formats, row = FORMATS[name]
    contract = stay(*formats)
    connection = connect(desk.redshift)
    apply(connection, {contract.name: contract})
    connection.close()
    columns = tuple(c.name for c in contract.columns)
    rows = staged(contract, f'7,"{row[0]}",{row[1]},"{row[2]}"{REST}', f'8,,,"{row[2]}",,,,')
    load = order(desk, rows, age=1, load=contract.name, contract=contract, columns=columns)
    assert outcome(desk, load).inserted == 2

    shown = "id, born::varchar, \"left\"::varchar, seen::varchar, note::text, encode(seal, 'hex'), opens::varchar"
    with_zone = "sent = '2024-03-01 08:00:00+00'"
    assert found(desk, f"select {shown}, {with_zone} from {target(contract)} order by id") == [
        (7, "2024-02-29", "2024-03-01", "2024-03-01 10:20:30.5", '{"b": [1, null]}', "cafe", "24:00:00", True),
        (8, None, None, "2024-03-01 10:20:30.5", '{"from": "nowhere"}', "00ff", None, None),
    ]
    again = order(desk, rows, age=2, load=contract.name + "again", contract=contract, columns=columns)
    assert outcome(desk, again).unchanged == 2


def test_a_document_of_another_type_is_a_change(desk: Desk) -> None:
    contract = stay("", "", "")
    connection = connect(desk.redshift)
    apply(connection, {contract.name: contract})
    connection.close()
    for age, (note, updated) in enumerate([("1", 0), ('"""1"""', 1), ("[]", 1), ("[]", 0), ("null", 1)], 1):
        rows = [f"7,2024-03-01 00:00:00,{note}"]
        load = order(
            desk, rows, age=age, load=digest(contract.name, str(age)), contract=contract, columns=("id", "seen", "note")
        )
        assert outcome(desk, load).updated == updated


def staged(contract: Contract, *rows: str) -> list[str]:
    """The rows as COPY reads them."""
    header = ",".join(column.name for column in contract.columns)
    file = "".join(f"{row}\n" for row in (header, *rows))
    return stage_file(file.encode(), replace(contract, lineage=False), 1 << 20).good.decode().splitlines()


def found(desk: Desk, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(desk.redshift.dsn) as session:
        session.execute("set time zone 'UTC'")
        return list(session.execute(sql.encode()).fetchall())
