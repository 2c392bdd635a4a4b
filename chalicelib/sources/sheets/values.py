"""The value of a cell as JSON, by the type of its column and by its number format.

A sheet has dates and times as numbers of days. Day 0 is 30 December 1899. Only a cell whose number format shows a date
or a time becomes one: in a column of dates, the number 2026 is no date in the year 1905.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.decode.xlsx.number_formats import ELAPSED
from chalicelib.domain.decode.xlsx.values import (
    DAY_MS,
    EPOCH,
    LAST_DAY,
    MOST_CHARACTERS,
    NUMBER,
    NoValue,
    clock_text,
    number_text,
)
from chalicelib.errors import Retryable

FIRST_DAY = -693_593
"""The number of 1 January 0001."""
LONGEST_NAME = 20


class Kind(Enum):
    """What a number format shows. The members' values are Google's names."""

    DATE = "DATE"
    TIME = "TIME"
    DATE_TIME = "DATE_TIME"


KINDS = {kind.value: kind for kind in Kind}
BY_TYPE = {TypeName.DATE: Kind.DATE, TypeName.TIMESTAMP: Kind.DATE_TIME, TypeName.TIMESTAMPTZ: Kind.DATE_TIME}


def value_of(cell: Mapping[str, Any], wanted: TypeName | None, zone: ZoneInfo) -> str | None:
    """Return a cell's value as JSON; None if it is empty. `wanted` is the type of its column, if the contract has one.

    Raises NoValue, and Retryable while the sheet calculates the cell.
    """
    value = cell.get("effectiveValue") or {}
    if "errorValue" in value:
        return _error(value["errorValue"], str(cell.get("formattedValue", "")))
    if "boolValue" in value:
        return "true" if value["boolValue"] else "false"
    if "stringValue" in value:
        return json.dumps(value["stringValue"], ensure_ascii=False)
    if "numberValue" not in value:
        return None
    form = (cell.get("effectiveFormat") or {}).get("numberFormat") or {}
    kind = KINDS.get(form.get("type", ""))
    number = str(value["numberValue"])
    if kind is None:
        return number_text(number)
    return json.dumps(moment(number, kind, wanted, zone, elapsed=bool(ELAPSED.search(form.get("pattern", "")))))


def _error(error: Mapping[str, Any], shown: str) -> str:
    if error.get("type") == "LOADING":
        raise Retryable("the sheet is still calculating its formulas", code="SOURCE_NOT_READY")
    raise NoValue(f"is the error {shown[:LONGEST_NAME]}; correct the formula or the cell")


def moment(written: str, kind: Kind, wanted: TypeName | None, zone: ZoneInfo, *, elapsed: bool = False) -> str:
    """Return a date or a time as text. Nothing of it is cut: a date with a time of day stays one. Raises NoValue."""
    if len(written) > MOST_CHARACTERS or not NUMBER.fullmatch(written):
        raise NoValue("is a date without a number; correct the cell")
    serial = Decimal(written)
    ms = int((serial * DAY_MS).to_integral_value())
    if serial < FIRST_DAY or ms >= (LAST_DAY + 1) * DAY_MS:  # the last moment of a day is rounded to the next one
        raise NoValue("is a date outside of the years 1 to 9999; correct the cell, or its number format")
    if kind is Kind.TIME and (elapsed or 0 <= ms < DAY_MS):
        return clock_text(ms)
    days, day_ms = divmod(ms, DAY_MS)
    shape = BY_TYPE.get(wanted, kind) if wanted else kind
    if shape is Kind.DATE and not day_ms:
        return (EPOCH + timedelta(days=days)).date().isoformat()
    local = EPOCH + timedelta(days=days, milliseconds=day_ms)
    return _zoned(local, zone) if wanted is TypeName.TIMESTAMPTZ else _shown(local)


def _shown(local: datetime) -> str:
    return local.isoformat(sep=" ", timespec="milliseconds" if local.microsecond else "seconds")


def _zoned(local: datetime, zone: ZoneInfo) -> str:
    """Return a local time of the sheet with its distance from UTC. Raises NoValue where clocks change."""
    first, second = local.replace(tzinfo=zone), local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise NoValue(f"is in an hour in which clocks change in {zone.key}; write it as text, with its zone")
    return _shown(first)
