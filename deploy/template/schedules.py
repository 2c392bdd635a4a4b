"""EventBridge Scheduler's schedules of the contracts' sources, on a stage whose sources are read by executions.

The clock of the sources stays, as a second net: it starts a source that no schedule has started within a minute. So a
schedule that cannot be written for EventBridge Scheduler is left to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cronsim import CronSim

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.source.schedule import Schedule

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
EVERY_DAY, EVERY_WEEKDAY = set(range(1, 32)), set(range(7))
GROUP, ROLE = "SourceSchedules", "SourceSchedulesRole"
LONGEST_NAME = 64
ACCOUNT = {"Ref": "AWS::AccountId"}
GROUP_ARN = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/landfall-${Stage}/*"


def schedules(contracts: Mapping[str, Contract]) -> dict[str, Any]:
    """Return the schedules of the sources, with their group and their role, as resources; nothing without a source."""
    found: dict[str, Any] = {}
    for name, contract in sorted(contracts.items()):
        if contract.source:
            zone = contract.source.schedule.zone
            for number, expression in enumerate(expressions(contract.source.schedule)):
                found[_logical(name, number)] = _schedule(name, number, expression, zone)
    return {GROUP: _group(), ROLE: _role(), **found} if found else {}


def expressions(schedule: Schedule) -> Sequence[str]:
    """Return the expressions of EventBridge Scheduler that together have the moments of a schedule; none if none can.

    cron joins days of the month and of the week by "or", which are two expressions here. Scheduler counts weekdays from
    1, and takes one `#` or `L` in an expression.

    Source: AWS, EventBridge Scheduler User Guide, "Schedule types".
    """
    if schedule.every:
        return [f"rate({_period(int(schedule.every))})"] if schedule.every % 60 == 0 else []
    parsed = CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC))
    days, weekdays = set(parsed.days), _weekdays(parsed.weekdays)
    if parsed.seconds != {0} or days & {CronSim.LAST_WEEKDAY} or (CronSim.LAST in days and len(days) > 1):
        return []
    hours = f"{_listed(parsed.minutes)} {_listed(parsed.hours)}"
    months = "*" if len(parsed.months) == 12 else _listed(parsed.months)
    by_day = [f"cron({hours} {_days(days)} {months} ? *)"]
    by_weekday = [f"cron({hours} ? {months} {text} *)" for text in _weekday_texts(weekdays)]
    if weekdays == EVERY_WEEKDAY:
        return by_day
    if days == EVERY_DAY:
        return by_weekday
    return [] if parsed.day_and else [*by_day, *by_weekday]


def _period(seconds: int) -> str:
    unit, size = next((unit, size) for unit, size in UNITS if seconds % size == 0)
    return f"{seconds // size} {unit}{'' if seconds == size else 's'}"


def _weekdays(found: set[Any]) -> set[Any]:
    """Return the weekdays with 0 alone for Sunday, which cron may also write as 7."""
    return {(one[0] % 7, one[1]) if isinstance(one, tuple) else one % 7 for one in found}


def _weekday_texts(weekdays: set[Any]) -> list[str]:
    plain = {one for one in weekdays if isinstance(one, int)}
    special = sorted(one for one in weekdays if isinstance(one, tuple))
    texts = [f"{day + 1}L" if nth == CronSim.LAST else f"{day + 1}#{nth}" for day, nth in special]
    return [*([_listed({day + 1 for day in plain})] if plain else []), *texts]


def _days(days: set[Any]) -> str:
    if days == {CronSim.LAST}:
        return "L"
    return "*" if days == EVERY_DAY else _listed(days)


def _listed(values: set[int]) -> str:
    """Return values as Scheduler reads them, with ranges for runs of them: an expression has at most 256 characters."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and value == runs[-1][1] + 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


# ---- resources ------------------------------------------------------------------------------------------------------


def _schedule(object: str, number: int, expression: str, zone: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "Name": _name(object, number),
            "GroupName": {"Ref": GROUP},
            "Description": f"Reads the source of {object}",
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": {"Ref": "SourceMachine"},
                "RoleArn": {"Fn::GetAtt": [ROLE, "Arn"]},
                "Input": json.dumps({"object": object}),
                "RetryPolicy": {"MaximumEventAgeInSeconds": 300, "MaximumRetryAttempts": 3},  # then the clock does
            },
        },
    }


def _group() -> dict[str, Any]:
    return {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": {"Fn::Sub": "landfall-${Stage}"}}}


def _role() -> dict[str, Any]:
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": {"Fn::Sub": GROUP_ARN}}}
    trust = {"Effect": "Allow", "Principal": {"Service": ["scheduler.amazonaws.com"]}, "Action": "sts:AssumeRole"}
    start = {
        "Sid": "StartReadings",
        "Effect": "Allow",
        "Action": ["states:StartExecution"],
        "Resource": {"Ref": "SourceMachine"},
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": {"Fn::Sub": "landfall-${Stage}-source_schedules"},
            "PermissionsBoundary": {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]},
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{**trust, "Condition": condition}]},
            "Policies": [{"PolicyName": "readings", "PolicyDocument": {"Version": "2012-10-17", "Statement": [start]}}],
        },
    }


def _name(object: str, number: int) -> str:
    """Return the name of a schedule: that of its object, cut and made unique if it is too long."""
    name = f"{object}-{number + 1}"
    return name if len(name) <= LONGEST_NAME else f"{object[:40]}-{_digest(object)}-{number + 1}"


def _logical(object: str, number: int) -> str:
    """Return a logical id, which takes letters and digits only."""
    return f"Schedule{_digest(object)}N{number + 1}"


def _digest(object: str) -> str:
    return hashlib.sha256(object.encode()).hexdigest()[:12]
