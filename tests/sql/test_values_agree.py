"""What the check accepts COPY accepts, and the value read back is the value written: thousands of values of each type.

The check may be stricter than COPY, where COPY would lose or change something or where Redshift's guide leaves a form
open; each such case is named in STRICTER. It may never be laxer: COPY must not fail on what the check has passed.
"""

from __future__ import annotations

import itertools
import json
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.layout import Layout
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.staging.validate import compile_rules
from tests.sql import values
from tests.support.csv_rows import csv_rows
from tests.support.files.engine import contract
from tests.support.redshift.desk import Desk

COUNT = 2_500
TIMEFORMAT = " TIMEFORMAT AS 'auto'"
NUMBERS = itertools.count(1)
ZONES = ["", "", "Z", "+00", "+01", "-08:00", "+0530", "+14:59", "+15:00", "-1", "+01:60", " UTC", "z"]

Canonical = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One column, and how its values are made, read back and compared."""

    type: str
    make: values.Make
    written: Canonical
    """What a file's text means."""
    read: str = "v::text"
    """The SQL that shows what the table holds."""
    shown: Canonical = str
    """What that text means, in the same terms as `written`."""
    stricter: str = "(?!)"
    """What COPY takes and the check does not."""
    least: int = 2_000


def real(text: str) -> float:
    return float(struct.unpack("<f", struct.pack("<f", float(text)))[0])


def boolean(text: str) -> str:
    return "true" if text.lower() in ("t", "true", "y", "yes", "1") else "false"


def iso(text: str) -> datetime:
    """Without a zone; those with one are compared as UTC."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def instant(text: str) -> int:
    """Microseconds since year 1, also beyond the years that Python knows."""
    parts = re.fullmatch(r"(.{10}|10000-01-01)[ T](.{8})(\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?( BC)?", text)
    assert parts
    day, clock, fraction, zone, before = parts.groups()
    if before:  # 1 BC is a leap year like the year 4, which ends four years later
        day = "0004" + day[4:]
    late = day.startswith("10000")
    moment = datetime.fromisoformat(f"{'9999-12-31' if late else day} {clock}")
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)?", zone or "")
    minutes = (int(offset[2]) * 60 + int(offset[3] or 0)) * (-1 if offset[1] == "-" else 1) if offset else 0
    since = (moment - values.EPOCH - timedelta(days=4 * 365 + 1 if before else -late)) // timedelta(microseconds=1)
    return since + int((fraction or ".0")[1:].ljust(6, "0")) - minutes * 60_000_000


def clock(text: str) -> tuple[int, int, int]:
    parts = re.fullmatch(r"(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)?", text)
    assert parts
    hours, minutes, seconds = map(int, parts[1].split(":"))
    zone = (parts[3] or "Z").replace("Z", "+00").replace(":", "")
    offset = (int(zone[1:3]) * 60 + int(zone[3:] or 0)) * (-1 if zone[0] == "-" else 1)
    return hours * 3600 + minutes * 60 + seconds, int((parts[2] or "0").ljust(6, "0")), offset


def document(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


POINTED = r"[+-]?[0-9]*\.?[0-9]*"
CASES = {
    "smallint": Case(type="smallint", make=values.integers(16), written=int, shown=int),
    "integer": Case(type="integer", make=values.integers(32), written=int, shown=int),
    "bigint": Case(type="bigint", make=values.integers(64), written=int, shown=int),
    # COPY cuts digits off, and takes a point without digits behind it
    "decimal": Case(type="decimal(9,2)", make=values.decimals(9, 2), written=Decimal, shown=Decimal, stricter=POINTED),
    "wide": Case(type="decimal(38,0)", make=values.decimals(38, 0), written=Decimal, shown=Decimal, stricter=POINTED),
    "thin": Case(type="decimal(38,37)", make=values.decimals(38, 37), written=Decimal, shown=Decimal, stricter=POINTED),
    # not a number, and infinite: few tools agree upon what they are
    "real": Case(type="real", make=values.floats, written=real, shown=real, stricter="(?i)[+-]?(nan|inf|infinity)"),
    "double": Case(
        type="float8", make=values.floats, written=float, shown=float, stricter="(?i)[+-]?(nan|inf|infinity)"
    ),
    "boolean": Case(type="boolean", make=values.booleans, written=boolean, least=150),
    # COPY cuts off blanks beyond the length of a char
    "char": Case(
        type="char(9)",
        make=values.texts(9),
        written=lambda text: text.rstrip(" "),
        shown=lambda text: text.rstrip(" "),
        stricter=r"(?s).{9,} +",
    ),
    "varchar": Case(type="varchar(12)", make=values.texts(12), written=str),
    "date": Case(type="date", make=values.dates(), written=date.fromisoformat, shown=date.fromisoformat),
    # more forms of a clock than ISO 8601's, and what TIME ignores
    "time": Case(
        type="time", make=values.clocks(ZONES), written=clock, shown=clock, stricter=r"[0-9:.]+( ?(Z|UTC|[+-].*))?"
    ),
    "timetz": Case(
        type="timetz", make=values.clocks(ZONES), written=clock, shown=clock, stricter=r"[0-9:.]+( ?(Z|UTC|[+-].*))?"
    ),
    # the other forms that 'auto' reads, and zones that TIMESTAMP ignores
    "timestamp": Case(type="timestamp", make=values.moments(ZONES), written=instant, shown=instant, stricter="[0-9].*"),
    "timestamptz": Case(
        type="timestamptz", make=values.moments(ZONES), written=instant, shown=instant, stricter="[0-9].*"
    ),
    # names that are there twice, and numbers that would not be kept
    "super": Case(
        type="super",
        make=values.documents,
        written=document,
        shown=document,
        stricter=r'(?s).*("k":1,"k":2|1{39}|1e999|1E400|1e-999).*',
    ),
    # no length is enforced by the stand-in
    "varbyte": Case(
        type="varbyte(45)",
        make=values.hexadecimal(45),
        written=bytes.fromhex,
        read="encode(v, 'hex')",
        shown=bytes.fromhex,
        stricter="[0-9a-fA-F]{92,}",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_check_and_copy_agree(desk: Desk, name: str) -> None:
    case = CASES[name]
    some = values.some(case.make, COUNT, name)
    assert len(some) >= case.least
    good, bad = judged(case, some)
    assert len(good) >= 50
    assert len(bad) >= 20

    kept = loaded(desk, case, good, most_errors=0)
    assert len(kept) == len(good)
    assert [(text, case.shown(kept[n])) for n, text in enumerate(good)] == [(text, case.written(text)) for text in good]

    taken = loaded(desk, case, bad, most_errors=100_000)
    unexplained = [bad[n] for n in taken if not re.fullmatch(case.stricter, bad[n])]
    assert not unexplained


def judged(case: Case, some: list[str]) -> tuple[list[str], list[str]]:
    """What the check says, proofs and judge alike."""
    column = Column(name="v", type=parse_type(case.type))
    rule = compile_rules(contract(column), Layout(columns=(column,))).columns[0]
    good = [text for text in some if rule.judge(text.encode()) is None]
    return good, [text for text in some if rule.judge(text.encode()) is not None]


def loaded(desk: Desk, case: Case, some: list[str], *, most_errors: int) -> dict[int, str]:
    """COPY them as Landfall does; what the table holds then, by place."""
    table = f"agree_{next(NUMBERS)}"
    desk.ok(f"create table {table} (n integer, v {case.type})")
    options = f"NULL AS ''{TIMEFORMAT if case.type.startswith('timestamp') else ''}"
    found = desk.copy(table, csv_rows(enumerate(some)), f"{options} MAXERROR {most_errors}")
    assert found["Status"] == "FINISHED", (found["Error"], desk.faults(table)[:5])
    with psycopg.connect(desk.redshift.dsn) as session:
        session.execute("set time zone 'UTC'")
        return dict(session.execute(f"select n, {case.read} from {table}".encode()).fetchall())
