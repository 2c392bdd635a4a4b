"""The source of a contract, read and checked: its kind, schedule, window and secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from chalicelib.domain.contract.contract import Contract, Delivery, FileFormat
from chalicelib.domain.contract.key_pattern import PatternError, compile_pattern
from chalicelib.domain.contract.time_zone import is_time_zone
from chalicelib.domain.contract_files.sources.connect import check_connect, read_connect
from chalicelib.domain.contract_files.sources.database import PORTS, read_database
from chalicelib.domain.contract_files.sources.http import read_http, texts
from chalicelib.domain.contract_files.sources.sheets import check_sheet, read_sheets
from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.source.position import Cursor, PositionError, landing_folder
from chalicelib.domain.source.schedule import Schedule, ScheduleError, duration
from chalicelib.domain.source.settings import SourceSettings

KINDS = ("http", *PORTS, "sheets", "connect", "custom")
FIXED_CURSORS = {"http": Cursor.TIME, "sheets": Cursor.NUMBER, "connect": Cursor.TIME}
SHORTEST_PERIOD = 60
LONGEST_PERIOD = 31 * 86_400
SECRET = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
FACTORY = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+:[A-Za-z_][A-Za-z0-9_]*")
SOME_FILE = f"{'0' * 32}-00001.json"
SOME_MOMENT = 1_767_225_600.0
"""A moment at which a cron expression is tried."""


def read_source(section: Section) -> SourceSettings | None:
    """Read the settings as far as possible; record every fault in the section. None if there are none."""
    if not section.table:
        return None
    kind = section.text("kind", required=True)
    if kind and kind not in KINDS:
        section.fault("kind", f'"{kind}" is not supported; use one of {", ".join(KINDS)}')
    http = read_http(section.section("http")) if kind == "http" else None
    database = read_database(section.section(kind), kind) if kind in PORTS else None
    sheets = read_sheets(section.section("sheets")) if kind == "sheets" else None
    connect = read_connect(section.section("connect")) if kind == "connect" else None
    cursor = FIXED_CURSORS.get(kind) or section.choice("cursor", Cursor.TIME)
    settings = SourceSettings(
        kind=kind,
        schedule=_schedule(section),
        cursor=cursor,
        begin=_position(section, cursor),
        lag=_seconds(section, "lag", "1m"),
        look_back=_look_back(section, cursor),
        max_window=_seconds(section, "max_window"),
        secret=section.text("secret"),
        http=http,
        database=database,
        sheets=sheets,
        connect=connect,
        factory=section.text("factory") if kind == "custom" else "",
        options=texts(section.section("options")) if kind == "custom" else {},
    )
    _check(section, settings)
    section.close()
    return settings


def source_faults(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield the faults of a contract with a source, each as the key with the fault and its fix."""
    if contract.source is None:
        return
    if contract.format is not FileFormat.JSON:
        yield "format", f'is "{contract.format.value}", but a source lands JSON; write format = "json"'
    if contract.delivery is Delivery.SNAPSHOT:
        yield "kind", 'is "snapshot", but a source lands some rows in each file; write kind = "delta"'
    if not _takes(contract, landing_folder(contract.name) + SOME_FILE):
        yield "lands_at", f"does not match {landing_folder(contract.name)}*, where the source lands; add it"


def _takes(contract: Contract, key: str) -> bool:
    for source in contract.lands_at:
        with suppress(PatternError):  # another rule reports it
            if compile_pattern(source).match(key) is not None:
                return True
    return False


def _schedule(section: Section) -> Schedule:
    every, cron, zone = section.text("every"), section.text("cron"), section.text("timezone")
    if bool(every) == bool(cron):
        section.fault("every", 'write either every, such as "15m", or cron, such as "30 6 * * 1-5"')
    if zone and not cron:
        section.fault("timezone", "only cron needs it; remove it")
    elif zone and not is_time_zone(zone):
        section.fault("timezone", f'"{zone}" is not a time zone; write one such as Europe/Berlin')
        zone = ""
    if every:
        period = _duration(section, "every", every)
        if period and not SHORTEST_PERIOD <= period <= LONGEST_PERIOD:
            section.fault("every", f'"{every}" is out of range; write 1m to 31d')
        return Schedule(every=period or SHORTEST_PERIOD)
    schedule = Schedule(cron=cron, zone=zone or "UTC")
    try:
        if cron:
            schedule.last(SOME_MOMENT)
    except ScheduleError as error:
        section.fault("cron", str(error))
    return schedule


def _position(section: Section, cursor: Cursor) -> str:
    text = section.scalar("from") or ""
    try:
        return cursor.position(text) if text else ""
    except PositionError as error:
        section.fault("from", str(error))
        return ""


def _look_back(section: Section, cursor: Cursor) -> float:
    if cursor is Cursor.TIME:
        return _seconds(section, "look_back")
    return float(section.integer("look_back", default=0, low=0, high=10**15))


def _seconds(section: Section, key: str, default: str = "") -> float:
    text = section.text(key, default=default)
    return _duration(section, key, text) if text else 0.0


def _duration(section: Section, key: str, text: str) -> float:
    try:
        return duration(text)
    except ScheduleError as error:
        section.fault(key, str(error))
        return 0.0


def _check(section: Section, settings: SourceSettings) -> None:
    if settings.secret and not SECRET.fullmatch(settings.secret):
        section.fault("secret", f'"{settings.secret}" is no name; use lower-case letters, digits, - and _')
    if settings.sheets:
        check_sheet(section)
    elif settings.connect:
        check_connect(section, settings.connect)
    elif settings.cursor is Cursor.NUMBER:
        for key in ("lag", "max_window"):
            if key in section.table:
                section.fault(key, "is a time, but the cursor is a number; remove it, or use look_back")
    if settings.http and settings.http.windowed and "from" not in section.table:
        section.fault("from", "is missing; the parameters have {start} or {end}: write the first start")
    if settings.kind == "custom" and not FACTORY.fullmatch(settings.factory):
        section.fault(
            "factory", f'"{settings.factory}" is no factory; write one such as "chalicelib.sources.mine:Mine"'
        )
    if settings.max_window and "from" not in section.table and not settings.reads_all:
        section.fault("max_window", "needs from, the start of the first window; add it")
