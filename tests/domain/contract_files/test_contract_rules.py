"""Faults that a contract may have only in its bounds, or beside another contract."""

from __future__ import annotations

import pytest

from chalicelib.domain.checks.condition import MAX_CONDITION
from chalicelib.domain.contract.contract import StageAs
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.contract_files.contract_rules import MAX_CHECKS
from chalicelib.domain.warehouse.ddl import add_column_ddl, target_columns
from tests.support.contracts import COLUMNS, column, faults, toml

ID = "i" * 60
MANY = "".join(f'c{n}_{ID[:50]} = {{ type = "bigint" }}\n' for n in range(800))
WIDE = "".join(f'c{n}_{ID[:8]} = {{ type = "date", default = "2026-01-31" }}\n' for n in range(800))
LONG_RECORDS = "[limits]\nmax_record_bytes = 1048577"
CHECKS = "".join(f"[[checks]]\nname = 'c{n}'\nbad_rows = 'id < {n}'\n" for n in range(MAX_CHECKS + 1))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (column(MANY), "columns: too many for one merge ("),
        (column(WIDE), "columns: too many for one load ("),
        (
            toml(columns='id = { type = "varchar(5)", required = true, too_long = "cut" }'),
            'columns.id.too_long: "cut" would make values equal in a column that identifies rows; remove it',
        ),
        (
            toml(columns=COLUMNS + 'at = { type = "timestamp", excess = "round" }', order_by='"at"'),
            'columns.at.excess: "round" would make values equal in a column that orders rows; remove it',
        ),
        (
            toml(columns=COLUMNS + 'doc = { type = "super" }', more=LONG_RECORDS),
            "limits.max_record_bytes: COPY reads a super column (doc) from records of at most 1,048,576 bytes; lower",
        ),
        (
            toml(stage_as='"json"', load='"direct"'),
            'stage_as: is for COPY, but load = "direct" sends the rows itself; remove one of the two',
        ),
        (
            toml(extra_columns='"rescue"', more=LONG_RECORDS),
            "limits.max_record_bytes: COPY reads a super column (_rescued) from records",
        ),
        (column('doc = { type = "super", required = true }').replace(b'["id"]', b'["doc"]'), '"doc" is a super column'),
        (toml(columns=COLUMNS + 'doc = { type = "super" }', sort_key='["doc"]'), 'sort_key: "doc" is a super column'),
        (toml(columns=COLUMNS + 'doc = { type = "super" }', dist_key='"doc"'), 'dist_key: "doc" is a super column'),
        (
            toml(extra_columns='"rescue"', columns=COLUMNS + '_rescued = { type = "super" }'),
            "columns._rescued: names that start with an underscore are reserved",
        ),
        (toml(control_totals="{}"), "control_totals: names no field; add count_field, sum_fields or both"),
        (toml(control_totals="{ count = 2 }"), "control_totals.count: is not known; did you mean count_field?"),
        (toml(control_totals="{ count_field = -1 }"), "control_totals.count_field: -1 is out of range"),
        (toml(control_totals="{ sum_fields = { x = 2 } }"), "control_totals.sum_fields.x: is not a column of whole"),
        (
            toml(
                control_totals="{ count_field = 2 }", more='[dialect]\ntrailer = { starts_with = "T", count_field = 2 }'
            ),
            "control_totals: cannot be combined with totals in dialect.trailer; keep those of one of the two",
        ),
        (toml(more=CHECKS), f"checks: there are {MAX_CHECKS + 1}; at most {MAX_CHECKS} fit"),
        (toml(more=f"[[checks]]\nname = 'a'\nbad_rows = 'id < {'1' * MAX_CONDITION}'"), "is longer than"),
        (column('a = { type = "bigint", format = "auto" }'), "columns.a.format: a bigint cannot have one"),
        (toml(more=f"[dialect]\nnull = {[f'w{n}' for n in range(101)]}"), "dialect.null: has more than"),
        (
            toml(more="checks = [1]").replace(b"[columns]", b"").replace(COLUMNS.encode(), b""),
            "is not a list of tables",
        ),
        (column("a = { type = 'date', min = [1] }"), "columns.a.min: [1] is not a single value"),
        (column(f"a = {{ type = 'date', min = [{'1, ' * 60}] }}"), "... is not a single value"),
    ],
)
def test_a_fault_is_named_with_its_place(text: bytes, fault: str) -> None:
    found = faults(text)
    assert any(fault in line for line in found), found


def test_a_faulty_pattern_is_named_beside_sound_ones() -> None:
    found = faults(toml(lands_at='["incoming/{a"]'), toml("thing1"))
    assert [line for line in found if "lands_at" in line] == [line for line in found if line.startswith("thing.toml")]


def test_times_of_toml_are_values_too() -> None:
    text = 'd = { type = "date", min = 2026-01-02 }\ns = { type = "timestamp", min = 2026-01-02T03:04:05 }'
    made = read_contract("thing.toml", toml(columns=COLUMNS + text))
    assert (made.column("d").min, made.column("s").min) == ("2026-01-02", "2026-01-02 03:04:05")


def test_a_super_column_may_have_records_of_1_mib() -> None:
    text = toml(columns=COLUMNS + 'doc = { type = "super" }', more=LONG_RECORDS.replace("577", "576"))
    assert read_contract("thing.toml", text).limits.max_record_bytes == 1 << 20
    assert read_contract("thing.toml", toml(more=LONG_RECORDS)).limits.max_record_bytes == 1_048_577


def test_a_column_that_is_added_to_a_target_may_be_empty() -> None:
    made = read_contract("thing.toml", toml(columns=COLUMNS + 'a = { type = "date", required = true }'))
    assert add_column_ddl(made, "a", "date") == 'ALTER TABLE "landing"."thing" ADD COLUMN "a" date'
    assert [name for name, _ in target_columns(made)][:2] == ["id", "a"]


def test_documents_that_are_staged_as_json_may_be_larger() -> None:
    text = toml(columns=COLUMNS + 'doc = { type = "super" }', more=LONG_RECORDS, stage_as='"json"')
    assert read_contract("thing.toml", text).stage_as is StageAs.JSON
