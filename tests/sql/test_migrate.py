"""What `landfall migrate` does to a warehouse, and that doing it again, or twice at once, does nothing."""

from __future__ import annotations

import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from chalicelib.domain.contract.contract import Column, Contract, DataCheck
from chalicelib.domain.contract_files.column_type import parse_type
from chalicelib.domain.contract_files.contract_file import load_contracts, read_contract
from chalicelib.domain.warehouse.load import explain_check
from landfall.migrate import migrate
from tests.support.paths import ROOT
from tests.support.redshift.house import THING, Redshift

SQL = ROOT / "sql"
FILES = sorted(p.relative_to(SQL).as_posix() for p in SQL.rglob("*/*.sql"))
THINGS = {"things": read_contract("things.toml", THING.format(name="things").encode())}


def apply(dsn: str, sql: Path = SQL, contracts: dict[str, Contract] | None = None) -> list[str]:
    with Redshift(dsn) as session:
        return migrate(session, sql, {} if contracts is None else contracts)


def having(*columns: Column) -> dict[str, Contract]:
    return {"things": replace(THINGS["things"], columns=columns)}


def test_everything_is_applied_once(empty: str) -> None:
    contracts = dict(load_contracts(ROOT / "chalicelib/contracts"))
    first = apply(empty, contracts=contracts)
    assert [line.removeprefix("applied ") for line in first if line.startswith("applied")] == FILES
    assert [line for line in first if line.startswith("created")] == [
        f"created {c.schema}.{c.table}" for c in contracts.values()
    ]
    assert apply(empty, contracts=contracts) == []


def test_two_at_once_apply_each_file_once(empty: str) -> None:
    barrier = threading.Barrier(2, timeout=20)

    def act() -> list[str]:
        barrier.wait()
        return apply(empty, contracts=THINGS)

    with ThreadPoolExecutor(2) as threads:
        one, other = [f.result(60) for f in [threads.submit(act), threads.submit(act)]]
    assert sorted(one + other) == sorted([f"applied {f}" for f in FILES] + ["created landing.things"])


def test_a_changed_procedure_is_replaced_but_no_migration(empty: str, tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(SQL, sql)
    apply(empty, sql)
    for name in ("migrations/0001_ledger.sql", "procedures/check_count_v1.sql"):
        file = sql / name
        file.write_text(file.read_text() + "-- changed\n")
    reported = "! migrations/0001_ledger.sql was changed after it was applied; put it back and add a new migration"
    assert apply(empty, sql) == [reported, "replaced procedures/check_count_v1.sql"]
    assert apply(empty, sql) == [reported]


def test_a_migration_that_fails_leaves_nothing_of_itself(empty: str, tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    shutil.copytree(SQL, sql)
    broken = sql / "migrations/0002_broken.sql"
    broken.write_text("create table etl.half (a integer); select * from etl.nowhere;")
    with pytest.raises(psycopg.Error, match="nowhere"):
        apply(empty, sql)
    broken.write_text("create table etl.half (a integer);")
    assert "applied migrations/0002_broken.sql" in apply(empty, sql)


def test_new_columns_are_added_and_other_differences_reported(empty: str) -> None:
    apply(empty, contracts=THINGS)
    key, value, amount, seen_at = THINGS["things"].columns
    value = replace(value, type=parse_type("varchar(128)"))
    note = Column(name="note", type=parse_type("text"), required=True)
    changed = having(key, value, amount, seen_at, note)
    reported = "! landing.things.value is varchar(64); the contract has varchar(128)"
    assert apply(empty, contracts=changed) == ["added landing.things.note varchar(256)", reported]
    assert apply(empty, contracts=changed) == [reported]


def test_a_required_column_that_left_the_contract_is_reported(empty: str) -> None:
    apply(empty, contracts=THINGS)
    _, *others = THINGS["things"].columns
    assert apply(empty, contracts=having(*others)) == [
        "! landing.things.id is NOT NULL and not in the contract: every load will fail"
    ]


def test_a_table_from_before_landfall_gets_the_lineage_columns(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as session:
        session.execute("create schema landing")
        session.execute("create table landing.things (id varchar(16), value varchar(64), amount decimal(10,2))")
    done = apply(empty, contracts=THINGS)
    assert [line for line in done if line.startswith("added")] == [
        "added landing.things.seen_at timestamp",
        "added landing.things._load_id varchar(32)",
        "added landing.things._source_order varchar(128)",
        "added landing.things._source_offset bigint",
        "added landing.things._loaded_at timestamp",
    ]


def checked(**conditions: str) -> dict[str, Contract]:
    checks = tuple(DataCheck(name=name, bad_rows=condition) for name, condition in conditions.items())
    return {"things": replace(THINGS["things"], checks=checks)}


def test_a_data_check_that_no_load_would_survive_is_reported(empty: str) -> None:
    late = "seen_at > '2100-01-01' and value <> 'it''s'"
    contracts = checked(late=late, kind="amount < 'many'", two="value + 1 > id")
    done = apply(empty, contracts=contracts)
    found = [line for line in done if line.startswith("!")]
    cannot = '! landing.things: the data check "{}" cannot be evaluated: {}'
    assert found[0] == cannot.format("kind", 'invalid input syntax for type numeric: "many"')
    assert found[1].startswith(cannot.format("two", "operator does not exist"))
    assert len(found) == 2
    assert apply(empty, contracts=contracts) == found


def test_what_the_guard_refuses_never_reaches_the_warehouse(empty: str) -> None:
    with Redshift(empty) as session:
        done = migrate(session, SQL, checked(typo="amout < 0", ends="1 = 1); drop table etl.ledger; select (1 = 1"))
        assert not [text for text in session.said if "amout" in text or "1 = 1" in text]
    reported = [line for line in done if line.startswith("!")]
    assert "amout at character 1, which is not a column of the contract" in reported[0]
    assert "a semicolon at character 7" in reported[1]


def test_a_data_check_is_planned_not_run_and_taken_back(empty: str) -> None:
    contracts = checked(rule="exists (select 1 from staging other where other.id = staging.id and amount / 0 > 1)")
    with Redshift(empty) as session:
        migrate(session, SQL, contracts)
        planned = [text for text in session.said if text.startswith("EXPLAIN")]
        assert len(planned) == 1
        session.cursor().execute("select count(*) from pg_class where relname like 'staging%'")
        assert session.fetchall() == [(0,)]


def test_what_is_planned_is_what_the_procedure_runs() -> None:
    procedure = (SQL / "procedures/data_check_v1.sql").read_text()
    pieces = "".join(re.findall(r"'([^']*)'", procedure.partition("execute ")[2].partition("loop")[0]))
    planned = explain_check(DataCheck(name="rule", bad_rows=""), "probe").lower()
    assert planned == "explain " + pieces.replace("from )", 'from "staging_probe")')


def test_types_that_the_stand_in_keeps_otherwise_do_not_differ(empty: str) -> None:
    key, *_ = THINGS["things"].columns
    others = [Column(name=f"c{n}", type=parse_type(text)) for n, text in enumerate(("super", "varbyte(64)"))]
    apply(empty, contracts=having(key, *others))
    assert apply(empty, contracts=having(key, *others)) == []
