"""A contract that is ahead of its table is refused before COPY, so no value is stored other than it was checked."""

from __future__ import annotations

import contextlib
import random
import re
from decimal import Decimal

import psycopg
import pytest

from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.contract_files.columns.column_value import parse_value
from chalicelib.domain.warehouse.column_fit import ahead, explain_ahead, fits
from chalicelib.domain.warehouse.ddl import target
from local.redshift.sql.rewrite import rewrite
from tests.support.redshift.house import House

PAIR = """
name = "{name}"
target = "landing.{name}"
key = ["id"]
lands_at = ["incoming/{name}/*"]

[columns]
id = {{ type = "varchar(16)", required = true }}
"""
VALUES = {
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "decimal(5,2)": ["-999.99", "0.01"],
    "decimal(6,2)": ["9999.99", "12.35"],
    "decimal(6,4)": ["99.9999", "12.3456"],
    "decimal(9,4)": ["99999.9999", "12.3456"],
    "decimal(18,0)": ["999999999999999999", "7"],
    "decimal(38,10)": ["9999999999999999999999999999.9999999999", "0.0000000001"],
    "real": ["0.1", "1e30"],
    "double precision": ["0.1", "1e300"],
    "boolean": ["true", "false"],
    "char(3)": ["abc", "a"],
    "char(5)": ["abcde", "a"],
    "varchar(3)": ["é1", "abc"],
    "varchar(5)": ["ééa", "abcde"],
    "varchar(300)": ["x" * 300, "a"],
    "date": ["0001-01-01", "9999-12-31"],
    "time": ["24:00:00", "23:59:59.123456"],
    "timetz": ["13:45:00+02", "23:59:59.5-08"],
    "timestamp": ["2026-01-31 13:45:00.123456", "0001-01-01 00:00:00"],
    "timestamptz": ["2026-01-31 13:45:00.5+02:00", "9999-12-31 23:59:59+00:00"],
    "super": ['{"a": [1, null]}', '"text"'],
    "varbyte(3)": ["00ff0a", "1f"],
}
NUMBERS = ("decimal", "smallint", "integer", "bigint")


def pairs() -> list[tuple[str, str]]:
    """Each type with itself, with those of its kind, and some with any other."""
    dice, types = random.Random(20_260_131), list(VALUES)
    alike = [(a, b) for a in types for b in types if a.partition("(")[0] == b.partition("(")[0]]
    whole = [(a, b) for a in NUMBERS[1:] for b in NUMBERS[1:] if a != b]
    return [*alike, *whole, *((dice.choice(types), dice.choice(types)) for _ in range(30))]


PAIRS = pairs()


def built(server: str, name: str, type_: str, more: str = "") -> House:
    return House.build(server, name=name, toml=f'{PAIR}v = {{{{ type = "{type_}"{more} }}}}\n')


def meaning(text: str | None, type_: str) -> object:
    return Decimal(text) if text and type_.startswith(NUMBERS) else text


def steps_of(message: str) -> list[str]:
    """The statements in an explanation."""
    steps = [step for step in re.split("; |: ", message) if step.split()[0] in ("BEGIN", "ALTER", "UPDATE", "COMMIT")]
    assert steps
    return steps


def test_there_are_pairs_of_both_kinds() -> None:
    fitting = [fits(parse_type(wanted), parse_type(held)) for wanted, held in PAIRS]
    assert len(set(PAIRS)) > 60
    assert min(fitting.count(True), fitting.count(False)) > 25


@pytest.mark.parametrize(("number", "wanted", "held"), [(n, *pair) for n, pair in enumerate(PAIRS)])
def test_no_value_is_stored_other_than_it_was_checked(migrated: str, number: int, wanted: str, held: str) -> None:
    for text in VALUES[wanted]:
        parse_value(parse_type(wanted), text)
    rows = [(str(n), text) for n, text in enumerate(VALUES[wanted])]
    same = built(migrated, f"same_{number}", wanted)
    same.load(*rows, age=1)
    table = built(migrated, f"pair_{number}", held)
    loaded = table.having(columns=same.contract.columns)
    if fits(parse_type(wanted), parse_type(held)):
        loaded.load(*rows, age=1)
        found, expected = ([meaning(v, wanted) for _, v in h.rows("id, v::text")] for h in (table, same))
        assert found == expected
        assert loaded.load(*rows, age=2).unchanged == len(rows)
    else:
        with pytest.raises(psycopg.Error) as refused:
            loaded.load(*rows, age=1)
        raised = ahead(loaded.contract, {c.name: c.type for c in table.contract.columns})
        assert refused.value.diag.message_primary == raised.replace("varbyte(3)", "varbyte")  # kept without a length
        assert table.rows("id, v::text") == []


def test_without_the_comparison_a_value_would_change(migrated: str) -> None:
    table = built(migrated, "rounded", "decimal(10,2)")
    with psycopg.connect(migrated) as session:
        session.execute(f"insert into {target(table.contract)} (id, v) values ('1', 12.3456)".encode())
    assert table.rows("id, v::text") == [("1", "12.35")]


@pytest.mark.parametrize(("wanted", "held"), [("decimal(12,4)", "decimal(10,2)"), ("varchar(200)", "varchar(64)")])
def test_after_the_ddl_of_the_message_a_rerun_loads(migrated: str, wanted: str, held: str) -> None:
    name = f"altered_{wanted.partition('(')[0]}"
    table = built(migrated, name, held)
    table.load(("0", "1"), age=1)
    wide = table.having(columns=built(migrated, f"{name}_wide", wanted).contract.columns)
    with pytest.raises(psycopg.Error) as refused:
        wide.load(("1", "12.3456"), age=2)
    message = explain_ahead(wide.contract, str(refused.value))
    with psycopg.connect(migrated, autocommit=True) as session:
        for step in steps_of(message):
            session.execute(rewrite(step, own_transaction=True).encode())
    assert wide.load(("1", "12.3456"), age=2).inserted == 1
    assert [Decimal(v) for _, v in wide.rows("id, v::text")] == [Decimal("1"), Decimal("12.3456")]


def test_a_replacement_whose_name_is_taken_changes_nothing(migrated: str) -> None:
    """A load does not know the table's other columns. The statements may all be run, whichever fails."""
    table = built(migrated, "taken", "decimal(10,2)")
    table.load(("0", "1"), age=1)
    wide = table.having(columns=built(migrated, "taken_wide", "decimal(12,4)").contract.columns)
    with pytest.raises(psycopg.Error) as refused:
        wide.load(("1", "12.3456"), age=2)
    with psycopg.connect(migrated, autocommit=True) as session:
        session.execute("alter table landing.taken add column v__new decimal(12,4) default 7")
        before = session.execute("select * from landing.taken").fetchall()
        for step in steps_of(explain_ahead(wide.contract, str(refused.value))):
            with contextlib.suppress(psycopg.Error):
                session.execute(rewrite(step, own_transaction=True).encode())
        assert session.execute("select * from landing.taken").fetchall() == before


def test_a_view_as_a_target_is_refused_before_copy(migrated: str) -> None:
    table = built(migrated, "behind", "date")
    with psycopg.connect(migrated, autocommit=True) as session:
        session.execute("alter table landing.behind rename to base")
        session.execute("create view landing.behind as select * from landing.base")
    with pytest.raises(psycopg.Error, match=r"TARGET_NOT_TABLE: landing\.behind is not a table; name a table as"):
        table.load(("1", None), age=1)


def test_a_column_that_the_table_lacks_is_named(migrated: str) -> None:
    table = House.build(migrated, name="lacking", toml=PAIR)
    wide = table.having(columns=built(migrated, "lacking_wide", "date").contract.columns)
    with pytest.raises(psycopg.Error, match=r"1 columns of landing.lacking cannot hold .* \(v is missing\)"):
        wide.load(("1", None), age=1)


def test_a_table_takes_nulls_where_the_contract_has_them(migrated: str) -> None:
    table = built(migrated, "strict", "varchar(5)", ", required = true")
    table.load(("1", "a"), age=1)
    loose = table.having(columns=built(migrated, "loose", "varchar(5)").contract.columns)
    with pytest.raises(psycopg.Error, match=r"\(v is not null\)"):
        loose.load(("1", "a"), age=2)
    filled = table.having(columns=built(migrated, "filled", "varchar(5)", ', default = "x"').contract.columns)
    filled.load(("2", None), age=3)
    assert table.rows("id, v") == [("1", "a"), ("2", "x")]
