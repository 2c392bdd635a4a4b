"""Read one time or timestamp that has more digits after the point than the six that Redshift stores."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.notation import Excess
from chalicelib.domain.notation.canonical import Canonical, Read

FRACTION = re.compile(rb"(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2}|[0-9]{6})\.(?P<kept>[0-9]{6})(?P<extra>[0-9]+)")
ISO = re.compile(
    rb"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}[ T])?(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6})(?P<rest>.*)"
)
MICROSECOND = timedelta(microseconds=1)
ANY_DAY = b"2000-01-01 "


def moment_reader(kind: ColumnType, excess: Excess) -> Read:
    """Return the reader of a column's times or timestamps."""

    def read(value: bytes) -> Canonical | Fault:
        found = FRACTION.search(value)
        if not found:
            return Canonical(text=value)
        if excess.refuses(found["extra"]):
            return Fault(
                code=RowCode.TIMESTAMP,
                reason=f"has more than the six digits of a second's fraction that {kind.sql} keeps",
            )
        text: bytes | None = value[: found.start("extra")] + value[found.end("extra") :]
        if excess.increases(found["extra"]):
            text = _next(text or b"", kind)
        if text is None:
            return Fault(code=RowCode.TIMESTAMP, reason=f"is not a {kind.sql} that can be rounded to microseconds")
        return Canonical(text=text, altered=excess.alteration(found["extra"]))

    return read


def _next(text: bytes, kind: ColumnType) -> bytes | None:
    """Return the moment one microsecond later, in the same form; None if there is none in the type's range."""
    found = ISO.fullmatch(text)
    if not found:
        return None
    try:
        before = datetime.fromisoformat(((found["day"] or ANY_DAY) + found["clock"]).decode())
        after = before + MICROSECOND
    except (ValueError, OverflowError):
        return None
    clock = after.isoformat(sep=" ", timespec="microseconds").encode()
    if found["day"]:
        return clock[:10] + found["day"][10:] + clock[11:] + found["rest"]
    if after.date() == before.date():
        return clock[11:] + found["rest"]
    return b"24:00:00" if kind.kind is TypeName.TIME else None
