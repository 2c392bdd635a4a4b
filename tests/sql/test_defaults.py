"""Defaults of every type arrive in the target through the Data API, whose parameters are text."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.warehouse.ddl import target
from landfall.migration.migrate import migrate
from landfall.migration.plan import Wanted
from landfall.migration.wire import Wire
from tests.sql.contacts import connect, order, outcome
from tests.support.paths import ROOT
from tests.support.redshift.desk import Desk

TOML = """
name = "filled"
target = "landing.filled_by_defaults"
key = ["id"]
lands_at = ["incoming/filled/*"]

[columns]
id = { type = "integer", required = true }
small = { type = "smallint", default = "-7" }
large = { type = "bigint", default = "-9223372036854775808" }
price = { type = "decimal(10,2)", default = "+1.50" }
ratio = { type = "real", default = "1.e-3" }
exact = { type = "double precision", default = "0.1" }
is_on = { type = "boolean", default = "Yes" }
is_off = { type = "boolean", default = "0" }
born = { type = "date", default = "2026-01-31" }
opens = { type = "time", default = "24:00:00" }
shuts = { type = "timetz", default = "13:45:00+02" }
seen = { type = "timestamp", default = "2026-01-31T13:45:00.5" }
sent = { type = "timestamptz", default = "2026-01-31 13:45:00+05:30" }
note = { type = "varchar(64)", default = "it's :x" }
code = { type = "char(4)", default = "ab" }
empty = { type = "varchar(4)", default = "" }
more = { type = "super", default = '{"a": ":x"}' }
seal = { type = "varbyte(8)", default = "0aFF" }
"""


def test_a_default_of_every_type_is_filled_in(desk: Desk) -> None:
    contract = replace(read_contract("filled.toml", TOML.encode()), fingerprint="f")
    connection = connect(desk.redshift)
    migrate(Wire(connection), Wanted(sql_dir=ROOT / "sql", contracts={contract.name: contract}))
    connection.close()
    assert outcome(desk, order(desk, ["7"], age=1, load="filled", contract=contract, columns=("id",))).inserted == 1
    given = {
        "small": "-7",
        "large": "-9223372036854775808",
        "price": "1.50",
        "ratio": "0.001",
        "exact": "0.1",
        "is_on": "true",
        "is_off": "false",
        "born": "2026-01-31",
        "opens": "24:00:00",
        "shuts": "13:45:00+02",
        "seen": "2026-01-31 13:45:00.5",
        "note": "it's :x",
        "code": "ab",
        "empty": "",
        "more": '{"a": ":x"}',
        "seal": "\\x0aff",
    }
    texts = ", ".join(f"{name}::varchar" for name in given)
    assert desk.rows(f"select {texts} from {target(contract)}") == [list(given.values())]
    assert desk.rows(f"select count(*) from {target(contract)} where sent = '2026-01-31 08:15:00+00'") == [[1]]
