"""Dates and times in every kind of format are in the table as the moments that they mean."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.support.redshift.agreement import Form, Pair, agree
from tests.support.redshift.desk import Desk

START = datetime.fromisoformat("1930-01-01")
PLACE = ZoneInfo("Europe/Oslo")


def moment(of: random.Random) -> datetime:
    return START + timedelta(seconds=of.randint(0, 99 * 365 * 86_400))


def unpadded(of: random.Random, number: int) -> str:
    return of.choice([f"{number}", f"{number:02d}"])


def dotted(of: random.Random) -> Pair:
    found = moment(of)
    return f"{found:%d.%m.%Y}", found.date()


def american(of: random.Random) -> Pair:
    found = moment(of)
    return f"{unpadded(of, found.month)}/{unpadded(of, found.day)}/{found.year}", found.date()


def short_year(of: random.Random) -> Pair:
    found = moment(of)
    return f"{unpadded(of, found.day)}.{unpadded(of, found.month)}.{found:%y}", found.date()


def named_month(of: random.Random) -> Pair:
    found = moment(of)
    return of.choice([f"{found:%b %d, %Y}", f"{found:%B %d, %Y}".upper()]), found.date()


def any_day(of: random.Random) -> Pair:
    found = moment(of)
    forms = ["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%B %d, %Y", "%d-%b-%Y", "%b-%d-%Y", "%Y-%b-%d"]
    return found.strftime(of.choice(forms)), found.date()


def half_day(of: random.Random) -> Pair:
    found = moment(of)
    clock = f"{unpadded(of, (found.hour - 1) % 12 + 1)}:{found:%M:%S}"
    micros = of.choice([0, of.randint(0, 999_999)])
    part = f".{micros:06d}{of.choice(['', '0'])}" if micros else ""
    return f"{found.month}/{found.day}/{found.year} {clock}{part} {found:%p}", found + timedelta(microseconds=micros)


def digits(of: random.Random) -> Pair:
    found = moment(of)
    return f"{found:%Y%m%d%H%M%S}", found


def any_moment(of: random.Random) -> Pair:
    found = moment(of)
    form, exact = of.choice(
        [("%Y-%m-%dT%H:%M:%S", 0), ("%m/%d/%Y %H:%M", 60), ("%d-%b-%Y", 86_400), ("%Y%m%d %H%M%S", 0)]
    )
    less = (found - START) % timedelta(seconds=exact) if exact else timedelta()
    return found.strftime(form), found - less


def seconds(of: random.Random) -> Pair:
    found = moment(of)
    return f"{round(found.replace(tzinfo=UTC).timestamp())}{of.choice(['', '.0'])}", found


def milliseconds(of: random.Random) -> Pair:
    found = moment(of).replace(tzinfo=UTC)
    millis = of.choice([0, of.randint(0, 999)])
    return str(round(found.timestamp()) * 1_000 + millis), found + timedelta(milliseconds=millis)


def zoned(of: random.Random) -> Pair:
    found = moment(of)
    hours = of.randint(-12, 14)
    return f"{found.day}.{found.month}.{found.year} {found.hour}:{found:%M}{hours:+03d}:00", (
        found.replace(second=0, tzinfo=UTC) - timedelta(hours=hours)
    )


def local(form: str) -> Callable[[random.Random], Pair]:
    def make(of: random.Random) -> Pair:
        while True:
            found = moment(of).replace(tzinfo=PLACE)
            once = found.utcoffset() == found.replace(fold=1).utcoffset()
            if once:
                return found.strftime(form), found.astimezone(UTC)

    return make


def clock(of: random.Random) -> Pair:
    found = moment(of).time().replace(second=0)
    return f"{(found.hour - 1) % 12 + 1}:{found:%M %p}", found


FORMS = {
    "dotted": Form(settings='type = "date", format = "DD.MM.YYYY"', make=dotted, read=date.fromisoformat),
    "american": Form(settings='type = "date", format = "M/D/YYYY"', make=american, read=date.fromisoformat),
    "short_year": Form(
        settings='type = "date", format = "D.M.YY", century_from = 1930', make=short_year, read=date.fromisoformat
    ),
    "named_month": Form(settings='type = "date", format = "MON DD, YYYY"', make=named_month, read=date.fromisoformat),
    "any_day": Form(settings='type = "date", format = "auto"', make=any_day, read=date.fromisoformat),
    "half_day": Form(
        settings='type = "timestamp", format = "M/D/YYYY H12:MI:SS AM"', make=half_day, read=datetime.fromisoformat
    ),
    "digits": Form(
        settings='type = "timestamp", format = "YYYYMMDDHH24MISS"', make=digits, read=datetime.fromisoformat
    ),
    "any_moment": Form(settings='type = "timestamp", format = "auto"', make=any_moment, read=datetime.fromisoformat),
    "seconds": Form(settings='type = "timestamp", format = "epochsecs"', make=seconds, read=datetime.fromisoformat),
    "milliseconds": Form(
        settings='type = "timestamptz", format = "epochmillisecs"', make=milliseconds, read=datetime.fromisoformat
    ),
    "zoned": Form(settings='type = "timestamptz", format = "D.M.YYYY H:MI"', make=zoned, read=datetime.fromisoformat),
    "local": Form(
        settings='type = "timestamptz", timezone = "Europe/Oslo"',
        make=local("%Y-%m-%d %H:%M:%S"),
        read=datetime.fromisoformat,
    ),
    "local_form": Form(
        settings='type = "timestamptz", timezone = "Europe/Oslo", format = "DD.MM.YYYY HH24:MI:SS"',
        make=local("%d.%m.%Y %H:%M:%S"),
        read=datetime.fromisoformat,
    ),
    "clock": Form(settings='type = "time", format = "H12:MI AM"', make=clock, read=time.fromisoformat),
}


def test_check_and_table_agree_on_every_moment(desk: Desk) -> None:
    agree(desk, FORMS, "moments")
