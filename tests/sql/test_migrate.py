"""What `landfall migrate` does to a warehouse, and that doing it again, or twice at once, does nothing."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import Contract, DataCheck
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.contract_files.contract_file import load_contracts, read_contract
from chalicelib.domain.warehouse.load import explain_check
from landfall.migration.grants import Grants
from landfall.migration.migrate import MigrationError, migrate, preview
from landfall.migration.plan import SNAPSHOT, Plan, Wanted, plan
from landfall.migration.scripts import scripts
from landfall.migration.state import State, look
from tests.support.paths import ROOT
from tests.support.redshift.desk import Desk
from tests.support.redshift.house import THING
from tests.support.redshift.ways import WAYS, Opened, Recorded

SQL = ROOT / "sql"
FILES = [script.name for script in scripts(SQL)]
SHIPPED = dict(load_contracts(ROOT / "chalicelib/contracts"))
GRANTS = Grants.of_stage("dev", "dev")
COUNT = Column(name="count", type=parse_type("bigint"))
THINGS = {"things": read_contract("things.toml", THING.format(name="things").encode())}


@pytest.fixture(params=WAYS)
def opened(request: pytest.FixtureRequest, desk: Desk, empty: str) -> Iterator[Opened]:
    """An empty database, by each way in."""
    with WAYS[request.param](desk, empty) as way:
        yield way


def wanted(contracts: dict[str, Contract] | None = None, sql: Path = SQL, **more: Any) -> Wanted:
    return Wanted(sql_dir=sql, contracts=contracts or {}, **more)


def apply(opened: Opened, contracts: dict[str, Contract] | None = None, **more: Any) -> list[str]:
    with opened() as warehouse:
        return migrate(warehouse, wanted(contracts, **more))


def planned(opened: Opened, contracts: dict[str, Contract] | None = None, **more: Any) -> list[str]:
    with opened() as warehouse:
        return preview(warehouse, wanted(contracts, **more))


def having(*columns: Column) -> dict[str, Contract]:
    return {"things": replace(THINGS["things"], columns=columns)}


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SQL, tmp_path / "sql"))


def test_everything_is_applied_once(opened: Opened) -> None:
    first = apply(opened, SHIPPED)
    assert [line.removeprefix("applied ") for line in first if line.startswith("applied")] == FILES
    assert [line for line in first if line.startswith("created")] == [
        f"created {c.schema}.{c.table}" for c in SHIPPED.values()
    ]
    assert apply(opened, SHIPPED) == []


def test_each_file_fits_into_one_batch_of_the_data_api() -> None:
    with_ours = [step.statements for step in plan(wanted(SHIPPED, grants=GRANTS), State()).steps]
    assert max(map(len, with_ours)) <= 40
    assert max(sum(len(statement.encode()) for statement in step) for step in with_ours) <= 100 * 1024


def test_two_at_once_apply_each_file_once(opened: Opened) -> None:
    barrier = threading.Barrier(2, timeout=20)

    def act() -> list[str]:
        barrier.wait()
        return apply(opened, THINGS)

    with ThreadPoolExecutor(2) as threads:
        one, other = [f.result(60) for f in [threads.submit(act), threads.submit(act)]]
    assert sorted(one + other) == sorted([f"applied {f}" for f in FILES] + ["created landing.things"])


def test_a_plan_changes_nothing_and_names_what_migrate_does(opened: Opened) -> None:
    first = planned(opened, THINGS)
    assert planned(opened, THINGS) == first
    done = apply(opened, THINGS)
    assert first == [re.sub(r"^(\w+) ", r"to be \1: ", line) for line in done]
    assert planned(opened, THINGS) == []


def test_a_changed_procedure_is_replaced_but_no_migration(opened: Opened, tmp_path: Path) -> None:
    sql = copied(tmp_path)
    apply(opened, sql=sql)
    for name in ("migrations/0001_ledger.sql", "procedures/check_count_v1.sql"):
        file = sql / name
        file.write_text(file.read_text() + "-- changed\n")
    reported = "! migrations/0001_ledger.sql was changed after it was applied; put it back and add a new migration"
    assert apply(opened, sql=sql) == ["replaced procedures/check_count_v1.sql", reported]
    assert apply(opened, sql=sql) == [reported]


def test_a_migration_that_fails_leaves_nothing_of_itself(opened: Opened, tmp_path: Path) -> None:
    sql = copied(tmp_path)
    broken = sql / "migrations/0002_broken.sql"
    broken.write_text("create table etl.half (a integer); select * from etl.nowhere;")
    failed = r'migrations/0002_broken.sql, statement 2: relation "etl.nowhere" does not exist; nothing of it is applied'
    with pytest.raises(MigrationError, match=failed):
        apply(opened, sql=sql)
    broken.write_text("create table etl.half (a integer);")
    assert "applied migrations/0002_broken.sql" in apply(opened, sql=sql)


def test_a_right_that_lacks_is_reported_with_who_has_it(opened: Opened, tmp_path: Path) -> None:
    sql = copied(tmp_path)
    (sql / "migrations/0009_theirs.sql").write_text("create table pg_catalog.mine (a integer);")
    with pytest.raises(MigrationError, match=r"permission denied .*; migrate as the administrator .* \(--secret-arn\)"):
        apply(opened, sql=sql)


def test_safe_differences_are_altered_only_if_told_to(opened: Opened) -> None:
    apply(opened, THINGS)
    key, value, amount, seen_at = THINGS["things"].columns
    value = replace(value, type=parse_type("varchar(128)"))
    amount = replace(amount, type=parse_type("decimal(10,4)"))
    note = Column(name="note", type=parse_type("text"), required=True)
    changed = having(key, value, amount, seen_at, note)
    longer, narrow, new = planned(opened, changed)
    assert longer.splitlines() == [
        "! landing.things.value is varchar(64); the contract has varchar(128); `landfall migrate --alter` runs:",
        '    ALTER TABLE "landing"."things" ALTER COLUMN "value" TYPE varchar(128);',
    ]
    assert '    ALTER TABLE "landing"."things" ADD COLUMN "note" varchar(256);' in new
    assert apply(opened, changed) == [longer, narrow, new]
    done = ["resized landing.things.value", "added landing.things.note"]
    assert apply(opened, changed, alters=True) == [*done, narrow]
    assert apply(opened, changed, alters=True) == [narrow]


def test_the_ddl_of_a_difference_ends_it(opened: Opened, empty: str) -> None:
    apply(opened, THINGS)
    key, value, amount, seen_at = THINGS["things"].columns
    changed = having(key, value, replace(amount, type=parse_type("decimal(12,4)")), seen_at)
    (line,) = planned(opened, changed)
    assert '"amount__new"' in line
    with psycopg.connect(empty, autocommit=True) as session:
        session.execute("alter table landing.things add column amount__new integer default 7")
        (line,) = planned(opened, changed)
        session.execute("insert into landing.things (id, amount) values ('a', 12.34)")
        for statement in line.splitlines()[1:]:
            session.execute(statement.encode())
        assert session.execute("select amount, amount__new from landing.things").fetchall() == [(Decimal("12.3400"), 7)]
    assert planned(opened, changed) == []


VIEW = "! landing.things is not a table; name a table as the target of the contract, or drop the view"


@pytest.mark.parametrize("columns", ["*", "id", "amount::varchar(8) as value"])
def test_a_view_as_a_target_is_refused_without_ddl(opened: Opened, empty: str, columns: str) -> None:
    apply(opened)
    with psycopg.connect(empty, autocommit=True) as session:
        session.execute("create schema landing")
        session.execute("create table landing.base (id varchar(16), amount decimal(9,2))")
        session.execute(f"create view landing.things as select {columns} from landing.base".encode())
    assert apply(opened, THINGS, alters=True) == planned(opened, THINGS) == [VIEW]


def test_a_view_that_lists_no_columns_is_no_missing_table() -> None:
    recorded = {script.name: script.checksum for script in scripts(SQL)}
    state = State(views=frozenset({"landing.things"}), recorded=recorded)
    assert plan(wanted(THINGS), state) == Plan(steps=[], left=[VIEW])


def test_a_wider_table_is_no_difference(opened: Opened) -> None:
    key, value, *others = THINGS["things"].columns
    apply(opened, having(key, replace(value, type=parse_type("varchar(128)")), *others, COUNT))
    narrower = replace(COUNT, type=parse_type("smallint"))
    assert planned(opened, having(key, value, *others, narrower)) == []


def test_a_required_column_that_left_the_contract_is_reported(opened: Opened) -> None:
    apply(opened, THINGS)
    _, *others = THINGS["things"].columns
    (line,) = apply(opened, having(*others))
    assert line.startswith(
        "! landing.things.id is NOT NULL, and it is not in the contract: a load with a NULL there fails; create"
    )


def test_a_table_from_before_landfall_gets_the_lineage_columns(opened: Opened, empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as session:
        session.execute("create schema landing")
        session.execute("create table landing.things (id varchar(16), value varchar(64), amount decimal(10,2))")
    done = apply(opened, THINGS, alters=True)
    assert [line for line in done if line.startswith("added")] == [
        f"added landing.things.{name}"
        for name in ("seen_at", "_load_id", "_source_order", "_source_offset", "_loaded_at")
    ]


def test_a_database_that_is_serializable_is_reported(opened: Opened) -> None:
    found = plan(wanted(THINGS), State(isolation="Serializable")).left
    assert found[0].startswith("! the database's isolation level is Serializable: loads of different targets")
    assert "ISOLATION LEVEL SNAPSHOT;" in found[0]
    with opened() as warehouse:
        assert look(warehouse, (), "").isolation == SNAPSHOT


def checked(**conditions: str) -> dict[str, Contract]:
    checks = tuple(DataCheck(name=name, bad_rows=condition) for name, condition in conditions.items())
    return {"things": replace(THINGS["things"], checks=checks)}


def test_a_data_check_that_no_load_would_survive_is_reported(opened: Opened) -> None:
    late = "seen_at > '2100-01-01' and value <> 'it''s'"
    contracts = checked(late=late, kind="amount < 'many'", two="value + 1 > id")
    done = apply(opened, contracts)
    found = [line for line in done if line.startswith("!")]
    cannot = '! landing.things: the data check "{}" cannot be evaluated: {}'
    assert found[0] == cannot.format("kind", 'invalid input syntax for type numeric: "many"')
    assert found[1].startswith(cannot.format("two", "operator does not exist"))
    assert len(found) == 2
    assert apply(opened, contracts) == found


def test_what_the_guard_refuses_never_reaches_the_warehouse(opened: Opened) -> None:
    contracts = checked(typo="amout < 0", ends="1 = 1); drop table etl.ledger; select (1 = 1")
    with opened() as warehouse:
        recorded = Recorded(warehouse)
        done = migrate(recorded, wanted(contracts))
    assert not [text for text in recorded.statements if "amout" in text or "1 = 1" in text]
    reported = [line for line in done if line.startswith("!")]
    assert "amout at character 1, which is not a column of the contract" in reported[0]
    assert "a semicolon at character 7" in reported[1]


def test_a_data_check_is_planned_not_run(opened: Opened) -> None:
    contracts = checked(rule="exists (select 1 from staging other where other.id = staging.id and amount / 0 > 1)")
    with opened() as warehouse:
        recorded = Recorded(warehouse)
        migrate(recorded, wanted(contracts))
        assert len([text for text in recorded.statements if text.startswith("EXPLAIN")]) == 1
        assert warehouse.query("select count(*) from pg_class where relname like 'staging%'") == [[0]]


def test_what_is_planned_is_what_the_procedure_runs() -> None:
    procedure = (SQL / "procedures/data_check_v1.sql").read_text()
    pieces = "".join(re.findall(r"'([^']*)'", procedure.partition("execute ")[2].partition("loop")[0]))
    planned = explain_check(DataCheck(name="rule", bad_rows=""), "probe").lower()
    assert planned == "explain " + pieces.replace("from )", 'from "staging_probe")')


def test_types_that_the_stand_in_keeps_otherwise_do_not_differ(opened: Opened) -> None:
    key, *_ = THINGS["things"].columns
    others = [Column(name=f"c{n}", type=parse_type(text)) for n, text in enumerate(("super", "varbyte(64)"))]
    apply(opened, having(key, *others))
    assert apply(opened, having(key, *others)) == []
