"""Conditions of data checks from a seed: hostile ones, and such as a contract's author would write.

All are over the columns `id`, `value`, `amount` and `seen_at`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

COLUMNS = ("id", "value", "amount", "seen_at")
REPRODUCED = (
    'id in (select 1 as "a\'")); delete from etl.ledger; create table etl.made (a integer); '
    'select 0 as bad where (1 in (select 1 as "b\'")'
)
"""Between the two apostrophes a guard that cuts texts out first sees one text."""


def _split(text: str) -> list[str]:
    return text.split()


PAYLOADS = [
    "delete from etl.ledger",
    "delete from landing.things",
    "update etl.ledger set rows_read = 0",
    "update landing.things set value = 'taken'",
    "insert into etl.ledger select * from etl.ledger",
    "insert into etl.fenced values ('x', now())",
    "insert into landing.things (id) values ('made')",
    "create table etl.made (a integer)",
    "create table landing.made (a integer)",
    "create table public.made (a integer)",
    "create view landing.made as select 1",
    "create user made",
    "drop table landing.things",
    "drop procedure etl.data_check_v1(varchar, varchar, varchar)",
    "alter table landing.things add column made text",
    "truncate landing.things",
    "grant all on etl.ledger to public",
    "lock table etl.ledger",
    "select * into landing.made from etl.ledger",
    "copy etl.ledger to '/tmp/made'",
    "copy etl.ledger to program 'true'",
    "commit",
    "rollback",
    "set session authorization default",
    "do $$ begin delete from etl.ledger; end $$",
    "call etl.check_count_v1('etl.ledger', '0')",
]
FORMS = [
    "1 = 1); {}; select 0 as bad where (1 = 1",
    "1 = 1; {}",
    "1 = 1); {} --",
    "1 = 1); {} /*",
    'id in (select 1 as "a\'")); {}; select 0 as bad where (1 in (select 1 as "b\'")',
    "id = 'a' or \"id'\" = ''); {}; select 0 as bad where ('' = '",
    "id = 'a\\'); {}; select 0 as bad where (''='",
    "id = E'a\\''); {}; select 0 as bad where (1 = 1 or ''='",
    "id = U&'a' uescape '!'); {}; select 0 as bad where (1 = 1",
    "id = $$'$$); {}; select 0 as bad where (''='",
    "id = $a$'$a$); {} --",
    "id \u2019= \u2019); {}; select 0 as bad where (1 = 1",
    "id = '\u2019'); {}; select 0 as bad where (1 = 1",
    "id\u00a0= id); {}; select 0 as bad where (1 = 1",
    "id = '\0'); {}; select 0 as bad where (1 = 1",
    "id = id\v); {}; select 0 as bad where (1 = 1",
    "id =\uff1b id); {}; select 0 as bad where (1 = 1",
    "exists ({})",
    "exists (with made as ({} returning 1) select 1 from made)",
    "id in (select id from ({}) made)",
    "case when true then ({}) end",
    "id = 'a' '); {}; select 0 as bad where ('",
    "id = '''); {}; select 0 as bad where (1 = 1",
    'id = """); {}; select 0 as bad where (1 = 1',
]
CALLS = _split(
    """pg_sleep(0) pg_catalog.pg_sleep(0) "pg_sleep"(0) pg_read_file('x') pg_ls_dir('.') lo_import('x') dblink('x','y')
    set_config('a.b','c',false) current_setting('data_directory') nextval('made') setval('made',1) version() random()
    pg_terminate_backend(0) pg_cancel_backend(0) pg_advisory_xact_lock(1) txid_current() timeofday() user() count(*)
    query_to_xml('select1',true,true,'') table_to_xml('etl.ledger',true,true,'') pg_reload_conf() inet_server_addr()
    has_table_privilege('etl.ledger','select') etl.made(id) f_made(id) pg_backend_pid() current_schema() sum(amount)
    row_number()over() repeat('a',9) pg_typeof(id) generate_series(1,9) unnest(id) xmlparse(id) md5(id)over()
    upper(id)filter(where(true)) pg_client_encoding()"""
)
ELSEWHERE = _split(
    """etl.ledger landing.things landing.other pg_user pg_catalog.pg_class information_schema.tables svv_all_tables
    stl_load_errors staging,etl.ledger staging,staging"b" staging"x",lateral(select"1") "staging" dev.etl.ledger
    generate_series(1,9) (values(1)) (select"id"from"staging")x"""
)
READS = [
    "id in (select id from {})",
    "exists (select 1 from {})",
    "(select count(*) from {}) > 0",
    "exists (select 1 from staging join {} on true)",
    "exists (select 1 from staging union select 1 from {})",
    "exists (select (select 1 from {}) from staging)",
    "exists (select 1 from staging where id in (select id from {}))",
    "exists (table {})",
]
ODD = _split(
    """ctid staging.ctid xmin tableoid staging.* * staging (staging).id current_user session_user user current_role
    id::regclass id::oid id::xml id::etl.made id::text[] array[id] row(id) (id)(id) id.id.id etl.ledger.id other.id ""
    "id :id ${id} @id @@version #id `id` id? {id} id\\g id: id; 1.2.3 1a 0x1 1_0 -- /* */ ( ) (( )) ,id id, and or not
    in between() select exists(select) exists() case end cast(id) cast(id"as"made) any(id) in() id"id" 'a"'b' 'a" "a'
    b'1' x'ff' n'a' e'a' u&'a' U&"a" $1 $$a$$"""
)
TAILS = [
    "exists (select 1 from staging limit 1)",
    "exists (select 1 from staging order by 1)",
    "exists (select 1 from staging for update)",
    "exists (select 1 into made from staging)",
    "exists (select 1 from staging offset 1)",
    "exists (select 1 from staging tablesample system (1))",
    "exists (select 1 from only staging)",
    "exists (select sum(amount) over () from staging)",
    "id = 1 order by 1",
    "id = 1 limit 1",
    "true union select 1",
    "true group by id",
    "true into made",
    "true for update",
    "true returning 1",
    'true collate "C"',
    "id = any (array['a'])",
    "id operator(pg_catalog.=) id",
    "(" * 60 + "true" + ")" * 60,
    "not " * 1_200 + "true",
]


def hostile_checks(count: int, seed: int = 14) -> list[str]:
    """So many different conditions that no contract may have."""
    dice = random.Random(seed)
    makers: list[Callable[[], str]] = [
        lambda: dice.choice(FORMS).format(dice.choice(PAYLOADS)),
        lambda: dice.choice(FORMS).format(dice.choice(PAYLOADS)),
        lambda: f"{dice.choice(CALLS)} {dice.choice(['is null', '= 1', 'is not null or amount > 0'])}",
        lambda: dice.choice(READS).format(dice.choice(ELSEWHERE)),
        lambda: f"{dice.choice(['', 'amount > 0 and ', 'not '])}{dice.choice(ODD)} {dice.choice(['= id', 'is null'])}",
        lambda: dice.choice(TAILS),
    ]
    return _different([REPRODUCED], lambda: _dressed(dice, dice.choice(makers)()), count)


def _dressed(dice: random.Random, text: str) -> str:
    """The same with other letters and spaces."""
    way = dice.randrange(4)
    return [text, text.upper(), text.replace(" ", "\n"), text.replace(" ", " \t")][way]


TEXTS = ["value", "id", "staging.value", '"value"', "lower(value)", "trim(id)", "coalesce(value, '')", "left(value, 3)"]
NUMBERS = [
    "amount",
    "staging.amount",
    "abs(amount)",
    "round(amount, 1)",
    "len(value)",
    "-amount",
    "amount::bigint",
    "7",
]
NUMBERS += [
    "(amount + 1) * 2 - amount",
    "cast(amount as decimal(12,4))",
    "nullif(amount, 0)",
    "amount % 7",
    "1.5e3",
]
MOMENTS = ["seen_at", "current_date", "date '2026-01-31'", "date_trunc('month', seen_at)", "getdate()", "seen_at::date"]
MOMENTS += ["timestamp '2026-01-31 10:00:00'", "seen_at + interval '1 day'", "dateadd(day, 1, seen_at)"]
SIGNS = ["<", "<=", "=", "<>", "!=", ">", ">="]
SHAPES: list[Callable[[random.Random], str]] = [
    lambda d: f"{d.choice(NUMBERS)} {d.choice(SIGNS)} {d.choice(NUMBERS)}",
    lambda d: f"{d.choice(MOMENTS)} {d.choice(SIGNS)} {d.choice(MOMENTS)}",
    lambda d: f"{d.choice(TEXTS)} {d.choice(SIGNS)} {d.choice(TEXTS)}",
    lambda d: f"{d.choice(TEXTS)} {d.choice(['', 'not '])}like '{d.choice(['a%', '%;--%', '_b', '%$1’%'])}'",
    lambda d: f"{d.choice(TEXTS)} {d.choice(['~', '!~', '~*'])} '{d.choice(['^[A-Z]+$', '[0-9]{3}', '^(a|b)*$'])}'",
    lambda d: f"{d.choice(TEXTS)} {d.choice(['', 'not '])}in ('a', 'b''c', '{d.randrange(99)}')",
    lambda d: f"{d.choice(NUMBERS)} {d.choice(['', 'not '])}between {d.randrange(9)} and {d.choice(NUMBERS)}",
    lambda d: f"{d.choice(TEXTS + NUMBERS + MOMENTS)} is {d.choice(['', 'not '])}null",
    lambda d: f"case when {d.choice(NUMBERS)} > 0 then value is null else {d.choice(['false', 'seen_at is null'])} end",
    lambda d: f"extract({d.choice(['year', 'month', 'hour'])} from {d.choice(MOMENTS[:1])}) > {d.randrange(1, 60)}",
    lambda d: (
        f"datediff({d.choice(['day', 'year'])}, seen_at, {d.choice(['current_date', 'getdate()'])}) > {d.randrange(9)}"
    ),
    lambda d: (
        f"id in (select o.id from staging {d.choice(['', 'as '])}o group by o.id having count(*) > {d.randrange(9)})"
    ),
    lambda d: (
        "not exists (select 1 from staging other where other.id = staging.value and other.amount > "
        f"{d.choice(NUMBERS[:1])})"
    ),
    lambda d: f"amount > {d.randrange(2, 9)} * (select {d.choice(['avg', 'min', 'max'])}(amount) from staging)",
    lambda d: f"position('{d.choice('abc')}' in value) > 0 or substring(value from 1 for {d.randrange(1, 9)}) = id",
    lambda d: f"split_part(value, '-', 2) = '' and regexp_count(value, '[{d.choice('abc')}]') > 1",
    lambda d: f"value similar to '{d.choice(['(a|b)%', '[0-9]+'])}' and charindex('x', value) = {d.randrange(5)}",
]
WRITTEN = (
    "closed_on < opened_on",
    "ended_at < started_at",
    "id < 0 and code <> ';(--'",
    "amount < 0 or value = ':secret;--'",
    "thing_id = 13",
)
"""Conditions that ship, or stand in documents and tests, over columns of their own."""


def sound_checks(count: int, seed: int = 14) -> list[str]:
    """So many different conditions that a contract may have, each of which PostgreSQL takes too."""
    dice = random.Random(seed)

    def one() -> str:
        first, second = dice.choice(SHAPES)(dice), dice.choice(SHAPES)(dice)
        return dice.choice([first, first, f"{first} and not ({second})", f"({first}) or {second}", f"not ({first})"])

    return _different([], one, count)


def _different(known: Iterable[str], make: Callable[[], str], count: int) -> list[str]:
    found = dict.fromkeys(known)
    while len(found) < count:
        found[make()] = None
    return list(found)
