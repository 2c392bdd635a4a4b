"""Reading contracts: every fault is named, with where it is and how to fix it; sound ones become values."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.contract import Delivery, FileFormat, Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.contract_files.contract_file import load_contracts, read_contract, read_contracts
from chalicelib.errors import ContractError
from tests.support.contracts import COLUMNS, column, faults, toml


def nested(columns: str) -> bytes:
    return toml(format='"json"', columns=COLUMNS + columns)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"name = ", "thing.toml: not valid TOML"),
        (b"\xff", "thing.toml: not valid TOML"),
        (toml(name=""), "thing.toml: name: is missing"),
        (toml(name='""'), "name: is empty"),
        (toml(name="7"), "name: 7 is not a string in quotes"),
        (toml(name='"Thing"'), 'name: "Thing" cannot be a name'),
        (toml(name='"other"'), 'the file is thing.toml, but the object is "other"'),
        (toml(target=""), "target: is missing"),
        (toml(target='"things"'), 'target: "things" is not schema.table'),
        (toml(target='"a.b.c"'), 'target: "a.b.c" is not schema.table'),
        (toml(target='"etl.x"'), 'the schema "etl" is reserved'),
        (toml(target='"landing.x; drop"'), "is not schema.table"),
        (toml(mode='"append"'), 'mode: "append" is not supported; scd1 only in this version'),
        (toml(format='"orc"'), 'format: "orc" is not supported; csv or json or xlsx or parquet or fixed_width only'),
        (toml(format='"json"', more='[dialect]\nquote = "\'"'), "dialect.quote: is for CSV; with format"),
        (toml(format='"json"', more='[dialect]\nquot = "\'"'), "dialect.quot: is not known"),
        (toml(format='"json"', more='[dialect]\nencoding = "utf-7"'), 'dialect.encoding: "utf-7" is not supported'),
        (
            column('a = { type = "date", path = "b.c" }'),
            'columns.a.path: is for JSON; remove it, or set format = "json"',
        ),
        (nested('a = { type = "date", path = "b..c" }'), 'columns.a.path: "b..c" has an empty name'),
        (nested('a = { type = "date", path = "id" }'), 'columns.a.path: leads to the field "id", which is id'),
        (nested('a = { type = "date", path = "ID.x" }'), 'columns.a.path: leads to the field "ID", which is id'),
        (
            nested('a = { type = "date", path = "b.c" }\nd = { type = "date", path = "b.c.d" }'),
            "columns.d.path: leads to the same field as a, or into it",
        ),
        (toml(more="[sheet]\nheader_row = 2"), 'sheet: is only for workbooks; write format = "xlsx", or remove it'),
        (toml(format='"xlsx"', more="[sheet]\nheader_row = 0"), "sheet.header_row: 0 is out of range"),
        (toml(format='"xlsx"', more="[sheet]\nrow = 2"), "sheet.row: is not known; use one of header_row, name"),
        (
            toml(format='"xlsx"', more='[dialect]\ndelimiter = ";"'),
            'dialect.delimiter: is for CSV; with format = "xlsx" the dialect has only null, empty',
        ),
        (toml(kind='"full"'), 'kind: "full" is not supported; delta or snapshot only'),
        (toml(key="[]"), "key: is missing or empty"),
        (toml(key='["nope"]'), 'key: "nope" is not a column; columns are id'),
        (toml(key='["id", "id"]'), 'key: "id" is listed twice'),
        (toml(order_by='"nope"'), 'order_by: "nope" is not a column'),
        (toml(dist_key='"nope"'), 'dist_key: "nope" is not a column'),
        (toml(sort_key='["nope"]'), 'sort_key: "nope" is not a column'),
        (toml(expected_by='"6.30"'), 'expected_by: "6.30" is not a time of day; write "06:30"'),
        (toml(expected_by='"06:30 Berlin"'), 'expected_by: "Berlin" is not a time zone'),
        (toml(expected_by='"06:30"', expected_on='["monday"]'), 'expected_by: "monday" is not a day; use mon, tue'),
        (toml(expected_on='["mon"]'), 'expected_by: "" is not a time of day'),
        (toml(load_every="420"), "load_every: 420 seconds do not divide an hour evenly; write 300, 900"),
        (toml(load_every='"5 min"'), "load_every: '5 min' is not a number"),
        (toml(sort_key="[1]"), "sort_key: 1 is not a string"),
        (toml(ordered_by='"id"'), "ordered_by: is not known; did you mean order_by?"),
        (toml(zzz="1"), "zzz: is not known; use one of "),
        (toml(columns='id = { type = "bigint" }'), "columns.id: is part of the key, so it must be required"),
        (toml(columns=""), "columns: there are none"),
        (column('a = "bigint"'), 'columns.a: is not a table; write a = { type = "bigint" }'),
        (column("a = {}"), "columns.a.type: is missing; add it"),
        (column('a = { typ = "bigint", type = "date" }'), "columns.a.typ: is not known; did you mean type?"),
        (column('a = { type = "bigint", required = "yes" }'), "columns.a.required: 'yes' is not true or false"),
        (column('a = { type = "intt" }'), 'columns.a.type: "intt" is not a column type'),
        (column('A = { type = "date" }'), "columns.A: cannot be a column's name"),
        (column('_a = { type = "date" }'), "columns._a: names that start with an underscore are reserved for Landfall"),
        (column('a = { type = "date" }\n[columns."a;b"]\ntype = "date"'), "columns.a;b: cannot be a column's name"),
        (column('a = { type = "date", aliases = ["I D"] }'), 'columns.a: the header "id" would match id too'),
        (column('a_b = { type = "date" }\nab = { type = "date" }'), 'columns.ab: the header "ab" would match a_b too'),
        (column('a = { type = "bigint", default = "x" }'), 'columns.a.default: "x" is not a bigint'),
        (column('a = { type = "date", min = "2026-02-30" }'), 'columns.a.min: "2026-02-30" is not a valid date'),
        (column('a = { type = "smallint", max = 40000 }'), 'columns.a.max: "40000" is not a smallint'),
        (column('a = { type = "bigint", min = 2, max = 1 }'), 'columns.a.min, max: "2" is greater than "1"'),
        (column('a = { type = "varchar(9)", min = "a" }'), "columns.a.min, max: a varchar cannot have bounds"),
        (
            column('a = { type = "char(2)", values = ["EUR"] }'),
            'columns.a.values: "EUR" has 3 bytes, but char(2) stores at most 2',
        ),
        (column('a = { type = "varchar(3)", values = ["ééé"] }'), 'columns.a.values: "ééé" has 6 bytes'),
        (column('a = { type = "char(3)", values = ["é"] }'), "that a char column cannot store"),
        (column('a = { type = "char(3)", values = ["a", "a"] }'), "columns.a.values: a value is listed twice"),
        (column('a = { type = "date", pattern = "(" }'), "columns.a.pattern: not a regular expression"),
        (column('a = { type = "char(1)", values = ["a"], default = "b" }'), "columns.a.default: not one of the values"),
        (column('a = { type = "char(1)", pattern = "a", default = "b" }'), "columns.a.default: does not match"),
        (column('a = { type = "bigint", min = 1, default = 0 }'), "columns.a.default: outside min and max"),
        (column('a = { type = "date", required = true, default = 2026-01-01 }'), "columns.a.default: never used"),
        (toml(columns='id = { type = "real", required = true }', order_by='"id"'), "order_by: must be a whole number"),
        (toml(lands_at=""), "lands_at: is missing or empty"),
        (toml(lands_at='["incoming/{a"]'), 'lands_at: "incoming/{a" has a brace without its partner'),
        (toml(lands_at='["*/thing"]'), "must start with a folder without wildcards"),
        (toml(lands_at='["thing.csv"]'), "must start with a folder without wildcards"),
        (toml(lands_at='["/thing/*"]'), "must start with a folder without wildcards"),
        (toml(lands_at='["a/*", "a/*"]'), "lands_at: a pattern is listed twice"),
        (toml(lands_at='["processed/*"]'), '"processed/*" would match files in processed/'),
        (toml(lands_at='["archive/x.csv"]'), "would match files in archive/"),
        (toml(lands_at='["rejected/{day}"]'), "would match files in rejected/"),
        (toml(lands_at='["dashboard_data/*"]'), "would match files in dashboard_data/"),
        (toml(lands_at=f'["a/{"x" * 1_100}"]'), "is longer than a key may be"),
        (toml(more="[dialect]\ndelimiter = ''"), "dialect.delimiter: '' cannot separate fields"),
        (toml(more="[dialect]\nquote = 'x'"), "dialect.quote: 'x' cannot enclose fields"),
        (toml(more="[dialect]\nencoding = 'utf7'"), 'dialect.encoding: "utf7" is not supported; utf-8 or utf-16 or'),
        (toml(more="[dialect]\ninvalid = 'drop'"), 'dialect.invalid: "drop" is not supported; reject or replace or'),
        (toml(more="[dialect]\nnul = 'replace'"), 'dialect.nul: "replace" is not supported; reject or strip only'),
        (toml(more="[dialect]\ncompression = 'gz'"), 'dialect.compression: "gz" is not supported; auto or none or'),
        (toml(more="[dialect]\ncompression = 7"), "dialect.compression: 7 is not a string"),
        (toml(more="[limits]\nmax_ratio = 0"), "limits.max_ratio: 0 is out of range"),
        (toml(more="[limits]\nmax_unpacked_bytes = 0"), "limits.max_unpacked_bytes: 0 is out of range"),
        (toml(more="[limits]\nmax_reject_ratio = 2"), "limits.max_reject_ratio: 2.0 is out of range; write 0 to 1"),
        (toml(more="[limits]\nmax_rejects = -1"), "limits.max_rejects: -1 is out of range"),
        (toml(more="[limits]\nmax_rejects = 1.5"), "limits.max_rejects: 1.5 is not a whole number"),
        (toml(more="[limits]\nmax_rejects = true"), "limits.max_rejects: True is not a whole number"),
        (toml(more="[limits]\nmax_reject = 1"), "limits.max_reject: is not known; did you mean max_rejects?"),
        (toml(more="[[checks]]\nname = 'a'"), "checks[1].bad_rows: is missing"),
        (toml(more="[[checks]]\nname = 'a'\nbad_rows = 'id < 1; drop'"), "checks[1].bad_rows: must be one condition"),
        (toml(more="[[checks]]\nname = 'a'\nbad_rows = 'id < 1 -- x'"), "must be one condition"),
        (toml(more="[[checks]]\nname = 'a'\nbad_rows = 'id < 1 /* x'"), "must be one condition"),
        (toml(more="[[checks]]\nname = 'a'\nbad_rows = \"id = 'x\""), "must be one condition"),
        (toml(more="[[checks]]\nname = 'a'\nbad_rows = 'id = $$x$$'"), "must be one condition"),
        (toml(more='[[checks]]\nname = "a"\nbad_rows = "id = \'\\\\\' or 1=1"'), "must be one condition"),
        (
            toml(more="[[checks]]\nname = 'a'\nbad_rows = 'id) or (1 = 1'"),
            ") at character 3, which is not allowed there",
        ),
        (toml(more="[[checks]]\nname = 'a'\nbad_rows = '(id < 1'"), "an unexpected end: a bracket is not closed"),
        (toml(more="[[checks]]\nname = 'a\tb'\nbad_rows = 'id < 1'"), "checks[1].name: is not one line"),
        (toml(more="[[checks]]\nname = 'a'\nbad_rows = 'id < 1'\n" * 2), 'checks[1].name: "a" is used twice'),
    ],
)
def test_a_fault_is_named_with_its_place(text: bytes, fault: str) -> None:
    found = faults(text)
    assert any(fault in line for line in found), found
    assert all(line.startswith("thing.toml: ") for line in found)


def test_only_what_is_wrong_is_named() -> None:
    assert len(faults(toml(mode='"append"'))) == 1
    assert len(faults(column('a = { type = "intt", default = 1 }'))) == 1


def test_every_fault_of_every_file_is_named_at_once() -> None:
    one = toml("thing", key='["nope"]', mode='"append"')
    two = toml("thing1", columns=COLUMNS + 'x = { type = "intt" }')
    found = faults(one, two)
    assert [line.split(": ")[:2] for line in found] == [
        ["thing.toml", "mode"],
        ["thing.toml", "key"],
        ["thing1.toml", "columns.x.type"],
    ]


@pytest.mark.parametrize(
    ("one", "other", "fault"),
    [
        (toml(), toml("thing1", name='"thing"'), 'thing1.toml: name: "thing" is also the name in thing.toml'),
        (toml(), toml("thing1", target='"landing.thing"'), "thing1.toml: target: landing.thing is also the target"),
        (
            toml(),
            toml("thing1", lands_at='["incoming/thing/**"]'),
            'thing1.toml: lands_at: "incoming/thing/**" and "incoming/thing/*" of thing.toml match the same keys',
        ),
        (toml(lands_at='["in/th{a}ng/x"]'), toml("thing1", lands_at='["in/{a}hing/x"]'), "neither is more specific"),
    ],
)
def test_contracts_that_claim_the_same(one: bytes, other: bytes, fault: str) -> None:
    assert any(fault in line for line in faults(one, other))


@pytest.mark.parametrize("lands_at", ['["incoming/**"]', '["incoming/thing/x.csv"]', '["incoming/{a}/xyz.csv"]'])
def test_contracts_may_overlap_where_one_is_more_specific(lands_at: str) -> None:
    assert len(read_contracts({"thing.toml": toml(), "other.toml": toml("other", lands_at=lands_at)})) == 2


def test_a_whole_contract_is_read() -> None:
    text = toml(
        description='"What it is"',
        kind='"snapshot"',
        order_by='"seen_at"',
        dist_key='"id"',
        sort_key='"seen_at"',
        columns=COLUMNS + 'seen_at = { type = "timestamp without time zone", pii = true, min = 2020-01-01T00:00:00 }\n'
        'amount = { type = "numeric(9,3)", aliases = ["Amount (USD)"], default = 1.5, max = 9 }\n'
        'code = { type = "nchar(2)", values = ["AB", "CD"], pattern = "[A-D]+" }',
        more="[limits]\nmax_rejects = 7\nchunk_mb = 1\n[dialect]\ndelimiter = '|'\n[[checks]]\nname = 'a b'\n"
        "bad_rows = \"id < 0 and code <> ';(--'\"",
    )
    contract = read_contract("thing.toml", text)
    assert (contract.schema, contract.table, contract.delivery) == ("landing", "thing", Delivery.SNAPSHOT)
    assert (contract.order_by, contract.dist_key, contract.sort_key) == ("seen_at", "id", ("seen_at",))
    assert [c.name for c in contract.columns] == ["id", "seen_at", "amount", "code"]
    assert contract.column("seen_at").min == "2020-01-01 00:00:00"
    assert contract.column("amount").type == ColumnType(kind=TypeName.DECIMAL, precision=9, scale=3)
    assert (contract.column("amount").default, contract.column("amount").max) == ("1.5", "9")
    assert contract.column("code").values == ("AB", "CD")
    assert contract.limits == Limits(max_rejects=7, chunk_mb=1.0)
    assert contract.dialect == Dialect(delimiter="|")
    assert contract.checks[0].name == "a b"


def test_the_fingerprint_is_of_the_meaning() -> None:
    plain = read_contract("thing.toml", toml())
    spaced = read_contract("thing.toml", b"# a comment\n" + toml(description='"x"', mode='"scd1"', load_every="900"))
    other = read_contract("thing.toml", toml(more="[limits]\nmax_rejects = 1"))
    assert len(plain.fingerprint) == 64
    assert plain.fingerprint == spaced.fingerprint
    assert plain.fingerprint != other.fingerprint


def test_csv_keeps_the_fingerprint_of_contracts_without_format() -> None:
    plain = read_contract("thing.toml", toml())
    named = read_contract("thing.toml", toml(format='"csv"'))
    assert named.format is FileFormat.CSV
    assert named.fingerprint == plain.fingerprint
    assert plain.fingerprint.startswith("eba81505")  # as recorded with runs before contracts had a format


def test_a_sheet_belongs_to_the_meaning_of_a_workbook() -> None:
    plain, named = (toml(format='"xlsx"', more=more) for more in ("", '[sheet]\nname = "Plan"'))
    contract = read_contract("thing.toml", named)
    assert contract.sheet == Sheet(name="Plan")
    assert contract.fingerprint != read_contract("thing.toml", plain).fingerprint


def test_a_cell_without_a_value_is_null_in_every_workbook() -> None:
    words = read_contract("thing.toml", toml(format='"xlsx"', more='[dialect]\nnull = ["n/a"]'))
    assert words.dialect.null == ("", "n/a")
    texts = read_contract("thing.toml", toml(format='"xlsx"', more='[dialect]\nempty = "text"'))
    assert texts.dialect.null == ("",)


def test_contracts_are_read_from_a_directory(tmp_path: Path) -> None:
    (tmp_path / "thing.toml").write_bytes(toml())
    (tmp_path / "notes.txt").write_text("not a contract")
    assert list(load_contracts(tmp_path)) == ["thing"]


def test_a_directory_without_contracts_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="has no contract"):
        load_contracts(tmp_path)
