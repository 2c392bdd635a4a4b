"""Which conditions of data checks are let through to the warehouse."""

from __future__ import annotations

import time

import pytest

from chalicelib.domain.checks.condition import MAX_CONDITION, condition_fault
from chalicelib.domain.checks.condition_words import AGGREGATES, CONSTANTS, FUNCTIONS, INSTEAD, KEYWORDS
from chalicelib.domain.contract_files.contract_file import load_contracts, read_contract
from tests.support.files.made_checks import COLUMNS, REPRODUCED, WRITTEN, hostile_checks, sound_checks
from tests.support.paths import ROOT

OTHERS = ("closed_on", "opened_on", "ended_at", "started_at", "code", "thing_id", "doc", "date", "length")
KNOWN = (*COLUMNS, *OTHERS)


def fault(condition: str) -> str:
    return condition_fault(condition, KNOWN, ("doc",))


def test_none_of_200_hostile_conditions_passes() -> None:
    made = hostile_checks(200)
    assert [condition for condition in made if not condition_fault(condition, COLUMNS)] == []
    assert len(made) == 200
    assert REPRODUCED in made


def test_all_of_200_sound_conditions_pass() -> None:
    made = sound_checks(200)
    assert [fault for condition in made if (fault := condition_fault(condition, COLUMNS))] == []
    assert len(made) == 200


def test_what_ships_and_what_documents_show_passes() -> None:
    assert [found for condition in WRITTEN if (found := fault(condition))] == []
    shipped = load_contracts(ROOT / "chalicelib/contracts")
    assert [check.name for contract in shipped.values() for check in contract.checks]


def test_no_condition_takes_long() -> None:
    longest = [
        made * (MAX_CONDITION // len(made)) for made in ("(", "not ", "'", "''", '"', "id+", "id,", "case when ")
    ]
    started = time.perf_counter()
    for condition in [*hostile_checks(200), *sound_checks(200), *longest]:
        condition_fault.__wrapped__(condition, COLUMNS)
    assert time.perf_counter() - started < 10  # about 0.1 s


@pytest.mark.parametrize(
    "condition",
    [
        "extract(year from closed_on) < 1990 or date_part(month, opened_on) = 1",
        "trim(both ' ' from value) = '' or trim(value) = ''",
        "doc.a[0].\"B\"['c'] = 'x' and doc.size is null",
        "date > date '2020-01-01' and length > 3 and length(value) = length",
        "(amount, value) in (select distinct amount, value from staging where id <> 'x')",
        "amount = any (select amount from staging) and amount <> all (select 1 from staging)",
        "seen_at at time zone 'UTC' > seen_at and amount is not distinct from 1",
        "cast(value as timestamp with time zone) > '2020-01-01' or value::double precision > 1::numeric(5, 2)",
        "case value when 'a' then 1 when 'b' then 2 end = 1",
        "value::varchar(3) = 'abc' and round(amount) in (select round(amount) from staging)",
        "value like 'a!%' escape '!' and (value = 'a') is not true",
        'exists (select * from staging "Other" where "other".id = staging.id group by value having min(amount) > 1)',
        "value = 'é\u2019日'",
        '"VALUE" is null and STAGING.Value is null',
        "id - -1 > +1",
    ],
)
def test_these_pass(condition: str) -> None:
    assert fault(condition) == ""


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("", "an unexpected end: a bracket is not closed, or an operator"),
        ("id =", "an unexpected end: "),
        ("id = 1; drop", "a semicolon at character 7"),
        ("id--1", "a comment at character 3"),
        ("id /* x */ = 1", "a comment at character 4"),
        ("id = '\\'", "a string that is not closed, or has a backslash or a control character at character 6"),
        ("id = 'a\nb'", "a string that is not closed"),
        ('id = ""', "a quoted name that is empty or not closed"),
        ("id \\ 1", "a backslash at character 4"),
        ("id = $1", "a dollar sign at character 6"),
        ("id = \u2019a\u2019", "the character U+2019 outside of quotes at character 6"),
        ("id\0", "the character U+0000 outside of quotes at character 3"),
        ("id & 1", '"&" at character 4'),
        ("idd = 1", "idd at character 1, which is not a column of the contract; did you mean id?"),
        ("opend_on > 1", "which is not a column of the contract; did you mean opened_on?"),
        ('value = "EUR"', '"EUR" at character 9, which is not a column of the contract; put a string in single quotes'),
        ("lenght(value) = 1", "which is not a function that a data check may call; did you mean length?"),
        (f"{'i' * 50} = 1", f"{'i' * 40}... at character 1"),
        ("staging.ctid is null", "ctid at character 9, which is not a column"),
        ("id.a = 1", ". at character 3, which is not allowed there"),
        ("doc[id] = 1", "id at character 5, which is not allowed there"),
        ("pg_sleep(1) is null", "pg_sleep at character 1, which is not a function that a data check may call"),
        (
            "closed_on > now()",
            "now at character 13, which is not a function that a data check may call; write getdate()",
        ),
        (
            "closed_on > current_timestamp",
            "current_timestamp at character 13, which is not a column of the contract; write",
        ),
        ("regexp_like(code, 'a')", "; write the operator ~"),
        ("count(*) > 1", "count at character 1: use an aggregate only in a subselect over staging"),
        ("id::regclass is null", "regclass at character 5, which is not a type that a cast may use"),
        ("id in (select id from landing.zoo)", "landing at character 23: a subselect may read only staging"),
        ('id in (select id from "staging")', '"staging" at character 23: a subselect may read only staging'),
        ("id in (select id from staging, staging)", ", at character 30, which is not allowed there"),
        ("id in (select (select 1 from staging) from staging)", ": a subselect is inside another"),
        ("id = any (1)", "( at character 10: write a subselect there"),
        ("user = 'x'", "user at character 1, which is not allowed there"),
        ("(" * 41 + "true" + ")" * 41, "more than 40 levels of brackets"),
        ("id = '" + "é" * (MAX_CONDITION // 2) + "'", f"is longer than {MAX_CONDITION} bytes"),
    ],
)
def test_these_are_refused_with_the_position(condition: str, why: str) -> None:
    assert why in fault(condition)


def test_no_function_is_a_keyword_and_none_is_an_aggregate() -> None:
    assert not (FUNCTIONS | AGGREGATES) & KEYWORDS
    assert not FUNCTIONS & AGGREGATES


def test_a_document_is_known_by_its_type() -> None:
    text = """
    name = "thing"
    target = "landing.thing"
    lands_at = ["incoming/thing/*"]
    key = ["id"]
    [columns]
    id = { type = "bigint", required = true }
    doc = { type = "super" }
    [[checks]]
    name = "of a document"
    bad_rows = "doc.a is null and id > 0"
    """
    assert read_contract("thing.toml", text.encode()).checks


def test_no_name_from_elsewhere_is_one_that_may_be_written() -> None:
    assert not set(INSTEAD) & (FUNCTIONS | AGGREGATES | CONSTANTS | KEYWORDS)
    named = {text for text in INSTEAD.values() if text.isidentifier()}
    assert named <= FUNCTIONS | CONSTANTS | {"case"}
