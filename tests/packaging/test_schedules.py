"""Schedules of sources for EventBridge Scheduler: they have the moments of the contract, and start its machine only."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules
from cronsim import CronSim, CronSimError
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from chalicelib.domain.source.schedule import Schedule
from deploy.template.infra import infra
from deploy.template.schedules import _name, expressions, schedules
from landfall.contracts import FOLDER_VARIABLE
from tests.packaging.chosen import chosen
from tests.sources.site import CONTRACT

BEGIN = datetime(2026, 2, 20, tzinfo=UTC)
DAYS = 75


# ---- Scheduler's own grammar, as its guide has it -------------------------------------------------------------------


def moments_of(expression: str) -> Iterator[datetime]:
    """The moments of an expression of Scheduler in some weeks."""
    found = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \*\)", expression)
    assert found, expression
    minutes, hours, days, months, weekdays = found.groups()
    assert (days == "?") is not (weekdays == "?"), "one of both, and not both"
    for day in (BEGIN + timedelta(n) for n in range(DAYS)):
        if has(months, day.month) and (on_day(days, day) if weekdays == "?" else on_weekday(weekdays, day)):
            for minute in range(24 * 60):
                if has(hours, minute // 60) and has(minutes, minute % 60):
                    yield day + timedelta(minutes=minute)


def has(field: str, value: int) -> bool:
    if field == "*":
        return True
    bounds = (part.partition("-") for part in field.split(","))
    return any(int(first) <= value <= int(last or first) for first, _, last in bounds)


def on_day(field: str, day: datetime) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    return day.day == last if field == "L" else has(field, day.day)


def on_weekday(field: str, day: datetime) -> bool:
    number = day.isoweekday() % 7 + 1  # 1 is Sunday
    if "#" in field:
        wanted, nth = map(int, field.split("#"))
        return number == wanted and (day.day - 1) // 7 + 1 == nth
    if field.endswith("L"):
        last = calendar.monthrange(day.year, day.month)[1]
        return number == int(field[:-1]) and day.day + 7 > last
    return has(field, number)


def moments_of_cron(cron: str) -> set[datetime]:
    found, end = set(), BEGIN + timedelta(DAYS)
    for moment in CronSim(cron, BEGIN - timedelta(seconds=1)):
        if moment >= end:
            return found
        found.add(moment)
    return found


def either(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


CRONS = st.tuples(
    either("0", "30", "*/20", "5,35", "10-12", "59"),
    either("*", "6", "*/8", "0,23", "9-11"),
    either("*", "*", "1", "31", "L", "1,15", "10-12", "*/10", "LW", "L,15"),
    either("*", "*", "3", "MAR", "2,4", "2-3"),
    either("*", "*", "0", "7", "SUN", "MON-FRI", "1,3", "5#2", "1#1,3#4", "5L", "*/3", "6#1,2"),
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(CRONS)
def test_a_cron_has_the_same_moments(cron: str) -> None:
    try:
        wanted = moments_of_cron(cron)
    except CronSimError:
        reject()  # a contract with it is refused: it has no moment
    found = expressions(Schedule(cron=cron))
    if found:
        assert {moment for expression in found for moment in moments_of(expression)} == wanted
    else:
        _, _, days, _, weekdays = cron.split()
        assert days in ("LW", "L,15") or "*/" in days or "*/" in weekdays


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        (Schedule(cron="30 6 * * 1-5"), ["cron(30 6 ? * 2-6 *)"]),
        (Schedule(cron="0 0 1 * *"), ["cron(0 0 1 * ? *)"]),
        (Schedule(cron="0 0 1 * 0"), ["cron(0 0 1 * ? *)", "cron(0 0 ? * 1 *)"]),
        (Schedule(cron="15 10 L 3 *"), ["cron(15 10 L 3 ? *)"]),
        (Schedule(cron="0 9 * * 5L"), ["cron(0 9 ? * 6L *)"]),
        (Schedule(cron="0 9 */2 * 1"), []),
        (Schedule(cron="10 0 9 * * *"), []),
        (Schedule(every=60), ["rate(1 minute)"]),
        (Schedule(every=900), ["rate(15 minutes)"]),
        (Schedule(every=7_200), ["rate(2 hours)"]),
        (Schedule(every=5_400), ["rate(90 minutes)"]),
        (Schedule(every=86_400), ["rate(1 day)"]),
        (Schedule(every=90), []),
    ],
)
def test_what_a_schedule_becomes(schedule: Schedule, wanted: list[str]) -> None:
    assert list(expressions(schedule)) == wanted


# ---- the template ---------------------------------------------------------------------------------------------------

SCHEDULER = botocore.session.get_session().get_service_model("scheduler")
LIMITS = {name: SCHEDULER.shape_for(name).metadata for name in ("Name", "ScheduleExpression")}
SOURCE = 'kind = "custom"\nfactory = "tests.sources.site:MemoryWorld"\n'


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Of a stage with two objects: one is read by two expressions in Berlin's time, one has no source."""
    when = 'cron = "0 6 1 * 1"\ntimezone = "Europe/Berlin"\n'
    (tmp_path / "thing.toml").write_text(CONTRACT + SOURCE + when)
    other = CONTRACT.partition("[source]")[0].replace('"thing"', '"other"\nlands_at = ["incoming/other/*"]')
    (tmp_path / "other.toml").write_text(other.replace("landing.things", "landing.others"))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with chosen():
        return infra("dev")


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in template["Resources"].values() if one["Type"] == kind]


@pytest.mark.parametrize("cron", ["* * * * *", "*/2 */2 */2 */2 *", "1-58/3 1-22 2-30/2 1,3,5,7,9,11 1-5"])
def test_expressions_are_short_enough(cron: str) -> None:
    found = expressions(Schedule(cron=cron))
    assert found
    assert max(map(len, found)) <= LIMITS["ScheduleExpression"]["max"]


def test_names_are_valid_and_differ() -> None:
    objects = ["a", "o" * 62, "o" * 63, "o" * 64, f"{'o' * 63}p", "with_underscore"]
    names = [_name(one, number) for one in objects for number in range(2)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(LIMITS["Name"]["pattern"], name) and len(name) <= LIMITS["Name"]["max"] for name in names)


def test_each_source_has_its_schedules(template: dict[str, Any]) -> None:
    found = of_type(template, "AWS::Scheduler::Schedule")
    assert [(one["Name"], one["ScheduleExpression"]) for one in found] == [
        ("thing-1", "cron(0 6 1 * ? *)"),
        ("thing-2", "cron(0 6 ? * 2 *)"),
    ]
    for one in found:
        assert one["ScheduleExpressionTimezone"] == "Europe/Berlin"
        assert json.loads(one["Target"]["Input"]) == {"object": "thing"}
        assert one["Target"]["Arn"] == {"Ref": "SourceMachine"}
        assert one["GroupName"] == {"Ref": "SourceSchedules"}
    [group] = of_type(template, "AWS::Scheduler::ScheduleGroup")
    assert group["Tags"]


def test_their_role_starts_that_machine_and_no_more(template: dict[str, Any]) -> None:
    role = template["Resources"]["SourceSchedulesRole"]["Properties"]
    [policy] = role["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["states:StartExecution"], {"Ref": "SourceMachine"})
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": ["scheduler.amazonaws.com"]}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith(":schedule/landfall-${Stage}/*")
    assert "PermissionsBoundary" in role


def test_a_stage_without_sources_or_without_a_machine_has_none(template: dict[str, Any]) -> None:
    assert schedules({}) == {}
    assert "AWS::Scheduler" not in json.dumps(infra("dev"))


def test_cfn_lint_finds_nothing(template: dict[str, Any]) -> None:
    kinds = ("AWS::Scheduler::", "AWS::StepFunctions::")
    resources = {name: one for name, one in template["Resources"].items() if one["Type"].startswith(kinds)}
    for name in ("SourceSchedulesRole", "StateMachineRole", "StateMachineLog"):
        resources[name] = template["Resources"][name]
    small = {**template, "Resources": resources, "Outputs": {}, "Rules": {}}
    faults = lint(json.dumps(small), get_rules([], ["W", "I"], [], {}, False), ["eu-west-1"])
    assert [str(fault) for fault in faults] == []
