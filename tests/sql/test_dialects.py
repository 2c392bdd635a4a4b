"""Files in other dialects, from their bytes to the table: the engine stages them and COPY reads what was meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from backports import zstd

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.formats.csv.header import match_header, read_header
from chalicelib.domain.run.ids import digest
from chalicelib.domain.warehouse.ddl import target
from chalicelib.domain.warehouse.load import LoadOrder
from tests.sql.contacts import connect, outcome
from tests.support.files.engine import Memory, stage_file
from tests.support.load_orders import load_of_one
from tests.support.redshift.desk import Desk
from tests.support.redshift.migration import apply

TOML = """
name = "{name}"
target = "landing.{name}"
key = ["id"]
lands_at = ["incoming/{name}/*"]
extra_columns = "{extra}"

[dialect]
{dialect}

[columns]
id = {{ type = "integer", required = true }}
label = {{ type = "varchar(40)", required = {required} }}
amount = {{ type = "decimal(9,2)" }}
"""
PLAIN = [(1, 'a, "b"', "1.50"), (2, None, None)]
FILES: dict[str, tuple[str, bytes, list[tuple[Any, ...]]]] = {
    "a pipe and no quotes": ("delimiter = '|'\nquote = ''", b'id|label|amount\n1|a, "b"|1.50\n2||\n', PLAIN),
    "two characters": ("delimiter = '||'", b'id||label||amount\n1||"a, ""b"""||1.50\n2||||\n', PLAIN),
    "a letter": ("delimiter = 'x'", b'idxlabelxamount\n1x"a, ""b"""x1.50\n2xx\n', PLAIN),
    "a control character": (
        "delimiter = \"\\u0001\"\nquote = \"'\"", b"id\x01label\x01amount\n1\x01a, \"b\"\x011.50\n2\x01\x01\n", PLAIN,
    ),
    "a blank": ("delimiter = ' '", b'id label amount\n1 "a, ""b""" 1.50\n2  \n', PLAIN),
    "backslashes": (
        "escape = 'backslash'\nnull = ['\\N']", b'id,label,amount\n1,"a, \\"b\\"",1.50\n2,\\N,\\N\n', PLAIN,
    ),
    "lenient": ("quotes = 'lenient'\ndelimiter = ';'", b'id;label;amount\n1;a, "b";1.50\n2;;\n', PLAIN),
    "null words": ("null = ['', 'NULL', '-']", b'id,label,amount\n1,"a, ""b""",1.50\n2,NULL,-\n', PLAIN),
    "carriage returns": ("newline = 'cr'", b'id,label,amount\r1,"a, ""b""",1.50\r2,,\r', PLAIN),
    "around the table": (
        "preamble_lines = 1\nfooter_lines = 1\ncomment = '#'",
        b'made "today\n#x\nid,label,amount\n1,"a, ""b""",1.50\n#"y\n2,,\ntotal 2', PLAIN,
    ),
    "stray carriage returns": (
        "", b'id,amount,label\n1,1.50,a\rb\n2,,"a\rb"\r\n3,1,\r\n4,2,\ra\r\r\n5,,\xc3\xa9\r\r\n',
        [(1, "a\rb", "1.50"), (2, "a\rb", None), (3, None, "1.00"), (4, "\ra\r", "2.00"), (5, "é\r", None)],
    ),
    "trailing delimiters": ("trailing_delimiter = true", b'id,label,amount,\n1,"a, ""b""",1.50,\n2,,,\n', PLAIN),
    "short rows": (
        "short_rows = 'fill'", b'id,label,amount\n1,"a, ""b""",1.50\n2\n3,"a\nb"\r\n', [*PLAIN, (3, "a\nb", None)],
    ),
    "short rows, empty text": (
        "short_rows = 'fill'\nempty = 'text'\nnull = ['NULL']", b"id,amount,label\n1\n2,1,\n",
        [(1, None, None), (2, "", "1.00")],
    ),
    "blanks before quotes": (
        "blank_before_quote = true", b'id,label,amount\n1,  "a, ""b""", "1.50"\n "2",,\n', PLAIN,
    ),
    "rows and more": (
        "empty_records = 'skip'\nrepeated_header = 'skip'\nskip_after_header = 1\n"
        "trailer = { starts_with = 'T', count_field = 2 }",
        b'sep=,\n\nid,label,amount\nno,text,kg\n1,"a, ""b""",1.50\n,,\nID,Label,Amount\n2,,\nT,2\n\x1a', PLAIN,
    ),
    "no header": ("header = false\ncolumns = ['amount', 'id', 'label']", b'1.50,1,"a, ""b"""\n,2,\n', PLAIN),
    "empty text": (
        "empty = 'text'\nnull = ['NULL']",
        b'id,label,amount\n1,,\n2,NULL,NULL\n3,"",1\n4,"NULL",\n',
        [(1, "", None), (2, None, None), (3, "", "1.00"), (4, "NULL", None)],
    ),
    "quoted empty text": (
        "empty = 'text'\nnull = ['']",
        b'id,label,amount\n1,,""\n2,"",\n',
        [(1, None, None), (2, "", None)],
    ),
}  # fmt: skip


def things(name: str, dialect: str, *, extra: str = "fail", required: str = "false") -> Contract:
    name = "d_" + digest(name)[:12]
    text = TOML.format(name=name, dialect=dialect, extra=extra, required=required)
    return read_contract(f"{name}.toml", text.encode())


def load(desk: Desk, contract: Contract, data: bytes) -> LoadOrder:
    """What a worker stages of the file, where COPY finds it."""
    connection = connect(desk.redshift)
    apply(connection, {contract.name: contract})
    connection.close()
    staged = stage_file(data, contract, 20, 16)
    assert staged.rejects == []
    layout = match_header(contract, read_header(Memory(data), contract.dialect, contract.limits).fields)
    part = f"bucket/processed/{contract.name}/part-00001.csv.zst"
    desk.outside.put(part, zstd.compress(staged.good, 1))
    desk.outside.manifest(f"bucket/processed/{contract.name}/manifest.json", part)
    rows = sum(summary.rows_good for summary in staged.summaries)
    return load_of_one(
        contract=contract, columns=tuple(c.name for c in layout.columns),
        load_id="00000000" + digest(contract.name)[8:],
        run_id="run", source_order="1#0",
        bucket="bucket", key="x", rows_read=rows, rows_good=rows, rows_rejected=0,
        manifest=f"s3://bucket/processed/{contract.name}/manifest.json", iam_role="default",
    )  # fmt: skip


def held(desk: Desk, contract: Contract, columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in desk.rows(f"select {columns} from {target(contract)} order by id")]


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_means_is_in_the_table(desk: Desk, name: str) -> None:
    dialect, data, rows = FILES[name]
    contract = replace(things(name, dialect))
    assert outcome(desk, load(desk, contract, data)).inserted == len(rows)
    assert held(desk, contract, "id, label, amount::varchar") == rows


WIDER = b'id,x,label,,amount,x\n1,"a ""b""",l,,2.5,\n2,NULL,,7,,"8\n"\n'


def test_ignored_columns_are_staged_and_not_merged(desk: Desk) -> None:
    contract = things("ignored", "null = ['NULL']", extra="ignore")
    assert outcome(desk, load(desk, contract, WIDER)).inserted == 2
    assert held(desk, contract, "id, label, amount::varchar") == [(1, "l", "2.50"), (2, None, None)]


def test_rescued_columns_become_an_object_by_header_name(desk: Desk) -> None:
    contract = things("rescued", "null = ['NULL']", extra="rescue")
    assert outcome(desk, load(desk, contract, WIDER)).inserted == 2
    rescued = "_rescued::text"
    assert held(desk, contract, f"id, label, amount::varchar, {rescued}") == [
        (1, "l", "2.50", '{"x": "a \\"b\\"", "x (6)": null, "column 4": null}'),
        (2, None, None, '{"x": null, "x (6)": "8\\n", "column 4": "7"}'),
    ]
