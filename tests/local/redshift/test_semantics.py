"""What runs behaves as in Redshift: transactions, lengths in bytes, procedures, functions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.redshift.desk import Desk


def test_the_lock_first_keeps_check_then_insert_single(desk: Desk, table: str) -> None:
    """Redshift enforces no unique key; without the lock both would find nothing and both would insert."""
    desk.ok(f"create table {table} (load_id varchar(32))")
    desk.ok(f"create table gate_{table} (n int)")
    insert = f"insert into {table} select 'x{{n}}' where not exists (select 1 from {table} where load_id = 'x{{n}}')"

    def load(n: int) -> str:
        return str(desk.run(f"lock table gate_{table}", "select pg_sleep(0.02)", insert.format(n=n))["Status"])

    with ThreadPoolExecutor(20) as threads:
        ends = list(threads.map(load, [n % 5 for n in range(20)]))
    assert set(ends) == {"FINISHED"}
    assert desk.rows(f"select load_id, count(*) from {table} group by 1 order by 1") == [[f"x{n}", 1] for n in range(5)]


def test_without_the_lock_a_snapshot_does_not_see_the_other(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (n int)")
    check = f"insert into {table} select 1 where not exists (select 1 from {table})"
    with ThreadPoolExecutor(2) as threads:
        ends = threads.map(
            lambda _: desk.run("select pg_sleep(0.3)", check, "select pg_sleep(0.3)")["Status"], range(2)
        )
        assert set(ends) == {"FINISHED"}
    assert desk.rows(f"select count(*) from {table}") == [[2]]


def test_writing_the_same_row_twice_is_error_1023(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int, n int)")
    desk.ok(f"insert into {table} values (1, 0)")
    update = (f"select count(*) from {table}", "select pg_sleep(0.3)", f"update {table} set n = n + 1 where id = 1")
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: desk.run(*update, "select pg_sleep(0.3)"), range(2)))
    assert sorted(one["Status"] for one in found) == ["FAILED", "FINISHED"]
    assert "1023" in next(one["Error"] for one in found if one["Status"] == "FAILED")


def test_lengths_count_bytes(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (v varchar(4), c char(2))")
    desk.ok(f"insert into {table} values ('éé', 'ab')")
    too_long = "ERROR: value too long for type character varying(4)"
    assert desk.error(f"insert into {table} values ('ééé', 'ab')") == too_long
    desk.ok(f"alter table {table} alter column v type varchar(6)")
    desk.ok(f"insert into {table} values ('ééé', 'ab')")
    assert "too long" in desk.error(
        f"create temp table copied (like {table})", "insert into copied values ('éééé', 'a')"
    )


def test_keys_are_not_enforced(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int primary key, v varchar(3) unique)")
    desk.ok(f"insert into {table} values (1, 'a'), (1, 'a')")
    assert "null value" in desk.error(f"insert into {table} (v) values ('b')")


def test_identity_counts_from_its_seed(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id bigint identity(0, 2), v int)")
    desk.ok(f"insert into {table} (v) values (7), (8)")
    assert desk.rows(f"select id from {table} order by id") == [[0], [2]]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("nvl(null, 'a')", "a"),
        ("dateadd(month, 1, '2024-01-31')", "2024-02-29 00:00:00"),
        ("dateadd(quarter, 1, '2024-01-01')", "2024-04-01 00:00:00"),
        ("datediff(day, '2024-01-01 23:59', '2024-01-02 00:01')", 1),
        ("datediff(hour, '2024-01-01 00:59', '2024-01-01 01:01')", 1),
        ("datediff(week, '2024-01-06', '2024-01-07')", 1),
        ("datediff(year, '2023-12-31', '2024-01-01')", 1),
        ("split_part('a,b,c', ',', 2)", "b"),
        ("charindex('b', 'abc')", 2),
        ("sha2('a', 256)", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("json_extract_path_text('{\"a\": {\"b\": 1}}', 'a', 'b')", "1"),
        ("last_day('2024-02-01')", "2024-02-29"),
        ("trunc(timestamp '2024-01-02 03:04:05')", "2024-01-02"),
        ("convert_timezone('Europe/Paris', timestamp '2024-01-01 00:00:00')", "2024-01-01 01:00:00"),
        ("datediff(second, getdate(), sysdate) < 2", True),
        (
            "(select listagg(distinct v, '|') within group (order by v) from (select 'b' v union all select 'a') x)",
            "a|b",
        ),
    ],
)
def test_functions(desk: Desk, expression: str, value: object) -> None:
    assert desk.rows(f"select {expression}") == [[value]]


def test_a_procedure_with_dynamic_sql_runs_inside_a_batch(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int, v varchar(10))")
    desk.ok(
        f"""create or replace procedure apply_{table}(p_target varchar(64), p_keys varchar(max)) as $$
        declare v_count bigint; v_key varchar(64) := quote_ident(split_part(p_keys, ',', 1));
        begin
            create temp table merged (id int, v varchar(10)) distkey(id);
            execute 'insert into merged select ' || v_key || ', v from staged';
            execute 'update ' || quote_ident(p_target) || ' set v = m.v from merged m where m.id = '
                || quote_ident(p_target) || '.id';
            get diagnostics v_count := row_count;
            execute 'insert into ' || quote_ident(p_target) || ' select m.id, m.v from merged m left join '
                || quote_ident(p_target) || ' t on t.id = m.id where t.id is null';
            if v_count <> 1 then raise exception 'COUNT_MISMATCH: % rows', v_count; end if;
        end;
        $$ language plpgsql"""
    )
    desk.ok(f"insert into {table} values (1, 'old')")
    load = ("create temp table staged (id int, v varchar(10))", "insert into staged values (1, 'new'), (2, 'two')")
    desk.ok(*load, f"call apply_{table}('{table}', 'id,v')")
    assert desk.rows(f"select id, v from {table} order by id") == [[1, "new"], [2, "two"]]
    failed = desk.error(load[0], f"call apply_{table}('{table}', 'id,v')")
    assert failed == "Query #2 failed with ERROR: COUNT_MISMATCH: 0 rows"


def test_merge_with_both_clauses_runs(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (id int, v varchar(5))")
    desk.ok(f"insert into {table} values (1, 'old')")
    merge = (
        f"merge into {table} using staged s on {table}.id = s.id when matched then update set v = s.v "
        "when not matched then insert (id, v) values (s.id, s.v)"
    )
    desk.ok("create temp table staged (id int, v varchar(5))", "insert into staged values (1, 'a'), (2, 'b')", merge)
    assert desk.rows(f"select id, v from {table} order by id") == [[1, "a"], [2, "b"]]


def test_truncate_alone_runs_and_in_a_batch_is_refused(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (n int)")
    desk.ok(f"truncate {table}")
    assert "TRUNCATE commits" in desk.error("select 1", f"truncate {table}")
    assert "COMMIT cannot be run" in desk.error("select 1", "commit")


def test_system_views_answer(desk: Desk, table: str) -> None:
    desk.ok(f"create table {table} (v varchar(5))")
    assert desk.rows(f"select column_name from svv_columns where table_name = '{table}'") == [["v"]]
    for view in ("svv_all_tables", "svv_tables", "svv_all_schemas", "svv_table_info", "stl_load_errors"):
        desk.ok(f"select * from {view} limit 1")
