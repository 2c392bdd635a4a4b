"""Faults that a contract may have only in its bounds, or beside another contract."""

from __future__ import annotations

import pytest

from chalicelib.domain.checks.condition import MAX_CONDITION
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.contract_files.contract_rules import MAX_CHECKS
from chalicelib.domain.warehouse.ddl import add_column_ddl, target_columns
from chalicelib.domain.warehouse.load import render_load
from chalicelib.errors import Broken
from tests.support.contact_load import order
from tests.support.contracts import COLUMNS, column, faults, toml
from tests.support.load_orders import changed

ID = "i" * 60
MANY = "".join(f'c{n}_{ID[:50]} = {{ type = "bigint" }}\n' for n in range(800))
CHECKS = "".join(f"[[checks]]\nname = 'c{n}'\nbad_rows = 'id < {n}'\n" for n in range(MAX_CHECKS + 1))
DATES = 'a = { type = "date", format = "DD MON YYYY" }\nb = { type = "date", format = "MON DD, YYYY" }'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (column(MANY), "columns: too many for one merge ("),
        (column('doc = { type = "super", required = true }').replace(b'["id"]', b'["doc"]'), '"doc" is a super column'),
        (toml(columns=COLUMNS + 'doc = { type = "super" }', sort_key='["doc"]'), 'sort_key: "doc" is a super column'),
        (toml(columns=COLUMNS + 'doc = { type = "super" }', dist_key='"doc"'), 'dist_key: "doc" is a super column'),
        (column(DATES), 'columns: COPY accepts "DD MON YYYY" or "MON DD, YYYY", not both'),
        (toml(more=CHECKS), f"checks: there are {MAX_CHECKS + 1}; at most {MAX_CHECKS} fit"),
        (toml(more=f"[[checks]]\nname = 'a'\nbad_rows = 'id < {'1' * MAX_CONDITION}'"), "is longer than"),
        (column('a = { type = "bigint", format = "auto" }'), "columns.a.format: a bigint cannot have one"),
        (
            column('a = { type = "date", format = "auto", values = ["20260101"] }'),
            "a column with a format cannot have them",
        ),
        (column('a = { type = "date", format = "YY" }'), 'columns.a.format: "YY" is not a format'),
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


def test_a_load_that_fits_no_batch_is_not_rendered() -> None:
    key = "k" * 1_000
    group = order()
    shares = tuple(
        changed(group, load_id=f"{n:08x}" + "0" * 24, key=key, rows_read=0, rows_good=0, rows_rejected=0).shares[0]
        for n in range(2_400)
    )
    with pytest.raises(Broken, match="does not fit one batch") as refused:
        render_load(changed(group, shares=shares, manifest=""))
    assert refused.value.code == "LOAD_TOO_BIG"


def test_a_column_that_is_added_to_a_target_may_be_empty() -> None:
    made = read_contract("thing.toml", toml(columns=COLUMNS + 'a = { type = "date", required = true }'))
    assert add_column_ddl(made, "a", "date") == 'ALTER TABLE "landing"."thing" ADD COLUMN "a" date'
    assert [name for name, _ in target_columns(made)][:2] == ["id", "a"]
