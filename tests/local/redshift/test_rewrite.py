"""Redshift's SQL becomes PostgreSQL's, or is refused in words that name the reason."""

from __future__ import annotations

import pytest

from local.redshift.sql.ddl import NOTHING
from local.redshift.sql.errors import SqlRefusedError
from local.redshift.sql.rewrite import rewrite, rewrite_script

_MERGE = "merge into t using s on t.id = s.id"
_MATCHED, _NOT_MATCHED = "when matched then update set v = s.v", "when not matched then insert values (s.id, s.v)"


@pytest.mark.parametrize(
    ("redshift", "postgres"),
    [
        (
            "create table t (id bigint encode az64 distkey, v varchar(max) sortkey) diststyle key sortkey(id, v)",
            "create table t (id bigint, v varchar(65535))",
        ),
        ("create table t (id int) diststyle all sortkey auto backup no encode auto", "create table t (id int)"),
        ("create table t (id int primary key, v text unique)", "create table t (id int not null, v varchar(256))"),
        ("create table t (a int, b int, primary key (a, b))", "create table t (a int not null, b int not null)"),
        ("create table t (a int, constraint f foreign key (a) references o (b))", "create table t (a int)"),
        ("create table t (a decimal, b super, c varbyte(9))", "create table t (a numeric(18,0), b jsonb, c bytea)"),
        (
            "create table t (v varchar(9) default 'a,(b sortkey')",
            "create table t (v varchar(9) default 'a,(b sortkey')",
        ),
        ("create table t (at timestamp default sysdate)", "create table t (at timestamp default localtimestamp)"),
        (
            "create table t (id bigint identity(0, 1))",
            "create table t (id bigint generated always as identity (start with 0 increment by 1 minvalue 0))",
        ),
        ("create temp table s (like t including defaults)", "create temp table s (like t including defaults)"),
        ("create table t distkey(id) sortkey(id) as select 1 id", "create table t as select 1 id"),
        ('create table "MiX" ("ColA" int)', 'create table "mix" ("cola" int)'),
        ("alter table t add column v varchar(5) encode lzo", "alter table t add column v varchar(5)"),
        ("alter table t alter distkey id", NOTHING),
        ("alter table t alter compound sortkey (id, v)", NOTHING),
        ("alter table t alter column v encode zstd", NOTHING),
        ("alter table t add primary key (id)", NOTHING),
        ("select nvl(a, 1), len(b), 'sysdate'", "select coalesce(a, 1), length(b), 'sysdate'"),
        ("select dateadd(day, 1, d), 'day'", "select dateadd('day', 1, d), 'day'"),
        ("select a::super", "select a::jsonb"),
        (
            "select listagg(v, ',') within group (order by v) from t",
            "select string_agg((v)::text,  ',' order by v) from t",
        ),
        ("create view v as select 1 with no schema binding", "create view v as select 1 "),
        ("grant select on t to role r", "grant select on t to  r"),
        ("set query_group to 'etl'", NOTHING),
        ("vacuum delete only t to 99 percent", NOTHING),
        ("analyze t predicate columns", "analyze t"),
        ("lock table etl.gate, etl.other", "lock table etl.gate, etl.other"),
        (f"{_MERGE} {_MATCHED} {_NOT_MATCHED}", f"{_MERGE} {_MATCHED} {_NOT_MATCHED}"),
        ("select 'on conflict', \"returning\" -- lateral", "select 'on conflict', \"returning\" -- lateral"),
    ],
)
def test_rewritten(redshift: str, postgres: str) -> None:
    assert rewrite(redshift) == postgres


@pytest.mark.parametrize(
    ("sql", "reported"),
    [
        ("insert into t values (1) on conflict do nothing", "ON CONFLICT"),
        ("insert into t values (1) returning id", "RETURNING"),
        ("create index i on t (id)", "CREATE INDEX"),
        ("create unique index i on t (id)", "CREATE UNIQUE INDEX"),
        ("create sequence s", "CREATE SEQUENCE"),
        ("select a is distinct from b", "IS DISTINCT FROM"),
        ("select a is not distinct from b", "IS NOT DISTINCT FROM"),
        ("select count(*) filter (where a > 1) from t", "FILTER"),
        ("select * from t, lateral (select 1) x", "LATERAL"),
        ("select distinct on (a) a from t", "DISTINCT ON"),
        ("select * from t for update", "FOR UPDATE"),
        ("select * from (values (1)) v", "VALUES as a table"),
        ("select string_agg(v, ',') from t", "string_agg()"),
        ("select a ->> 'x' from t", "->>"),
        ("select a::jsonb", "the type jsonb"),
        ("with x as (select 1) insert into t select * from x", "WITH before or around INSERT"),
        ("with x as (delete from t) select 1", "WITH before or around DELETE"),
        ("create table t (id uuid)", "the type uuid"),
        ("create table t (id int check (id > 0))", "CHECK"),
        ("create unlogged table t (id int)", "UNLOGGED"),
        ("create table t (id int) with (fillfactor = 70)", 'near "with"'),
        ("create table t (v varchar(65536))", "cannot exceed 65535"),
        ("alter table t add column a int, add column b int", "more than one action"),
        ("alter table t alter column a set not null", "ALTER COLUMN other than"),
        ("alter table t append from s", "not emulated"),
        ("lock table t in share mode", "LOCK with a mode"),
        ("begin", "the Data API keeps the transaction"),
        ("do $$ begin end $$", "DO is not emulated"),
        (
            "unload ('select 1') to 's3://b/k' iam_role default",
            "UNLOAD here (it is emulated in the Data API) is not emulated",
        ),
        ("set enable_case_sensitive_identifier to true", "not emulated"),
        ("select 1; select 2", "one statement at a time"),
        ("select 'open", "unterminated"),
        (f"{_MERGE} {_MATCHED}", "exactly one WHEN MATCHED"),
        (f"{_MERGE} when matched and t.v = 1 then delete {_NOT_MATCHED}", "WHEN ... AND"),
        (f"merge into t x using s on x.id = s.id {_MATCHED} {_NOT_MATCHED}", "alias of the target"),
        (f"merge into t using (select 1 id) s on t.id = s.id {_MATCHED} {_NOT_MATCHED}", "subquery"),
        (f"{_MERGE} when matched then do nothing {_NOT_MATCHED}", "DO NOTHING"),
        ("merge into t using s on t.id = s.id remove duplicates", "REMOVE DUPLICATES"),
    ],
)
def test_refused(sql: str, reported: str) -> None:
    with pytest.raises(SqlRefusedError, match=r".") as refused:
        rewrite(sql)
    assert reported in refused.value.message


@pytest.mark.parametrize("sql", ["truncate t", "vacuum t", "alter table t alter column v type varchar(20)"])
def test_what_cannot_run_in_a_transaction_runs_alone(sql: str) -> None:
    assert rewrite(sql)
    with pytest.raises(SqlRefusedError):
        rewrite(sql, batch=True)


def test_a_clients_connection_keeps_its_transaction() -> None:
    assert rewrite("begin", own_transaction=True) == "begin"
    assert rewrite_script("create table t (id int) distkey(id); select 1;") == "create table t (id int); select 1"


_PROCEDURE = "create or replace procedure p(a varchar(max)) as $$ {} $$ language plpgsql"


def test_statements_of_a_procedure_are_rewritten_too() -> None:
    body = """
    declare v varchar(max) := 'truncate'; n bigint;
    begin
      -- truncate t; is a comment
      create temp table s (id int encode raw, primary key (id)) distkey(id);
      if nvl(n, 0) > 0 then update t set at = case when n > 1 then sysdate else getdate() end; end if;
      raise exception 'on conflict % returning', n;
    end;"""
    made = rewrite(_PROCEDURE.format(body))
    assert "varchar(65535) := 'truncate'" in made
    assert "create temp table s (id int not null);" in made
    assert (
        "if coalesce(n, 0) > 0 then update t set at = case when n > 1 then localtimestamp else getdate() end;" in made
    )
    assert "-- truncate t; is a comment" in made


@pytest.mark.parametrize(
    ("statement", "reported"),
    [
        ("truncate t;", "TRUNCATE"),
        ("execute 'truncate t';", "TRUNCATE"),
        ("commit;", "COMMIT"),
        ("insert into t values (1) on conflict do nothing;", "ON CONFLICT"),
        ("execute 'insert into t values (1) on conflict do nothing';", "ON CONFLICT"),
        ("if n is distinct from 1 then null; end if;", "IS DISTINCT FROM"),
        ("begin null; exception when others then null; end;", "EXCEPTION"),
        ("copy t from 's3://b/k' iam_role default csv;", "COPY inside a procedure"),
    ],
)
def test_a_procedure_is_refused_for_what_its_body_holds(statement: str, reported: str) -> None:
    with pytest.raises(SqlRefusedError, match=reported):
        rewrite(_PROCEDURE.format(f"begin {statement} end;"))


def test_nonatomic_is_refused() -> None:
    with pytest.raises(SqlRefusedError, match="NONATOMIC"):
        rewrite("create procedure p() nonatomic as $$ begin null; end $$ language plpgsql")
