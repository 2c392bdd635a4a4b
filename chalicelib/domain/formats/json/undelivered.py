"""Read error objects of Firehose: each is a reject, with Firehose's code and with the record as it was sent.

`errorMessage` may quote the record, so that no reason has it.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.domain.checks.codes import RowCode
from chalicelib.domain.checks.row_fault import RowFault
from chalicelib.domain.formats.format import Reader
from chalicelib.domain.run.rejects import NO_TEXT

if TYPE_CHECKING:  # numpy comes with the first block that is read
    from chalicelib.domain.formats.csv.reading import Reading
    from chalicelib.domain.formats.csv.work import Work

RAW_DATA = "rawData"
"""The field with the record, in base64."""
CODES = ("errorCode", "ErrorCode", "lastErrorCode")
"""Names of the code: of transformations, of conversions, and of conversions in older files."""
CODE = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
OTHER = RowFault(
    column="", code=RowCode.CONTRACT, reason="stands in a folder of Firehose's errors, but is none of them"
)


class UndeliveredReader:
    """A reader of error objects, by the reader of JSON."""

    def __init__(self, reader: Reader) -> None:
        """`reader` divides the file into objects. What it finds in them does not count."""
        self._reader = reader

    @property
    def newline(self) -> bytes:
        return self._reader.newline

    def read(self, data: bytes, size: int, *, at_end: bool, work: Work) -> Reading:
        """Read the first `size` bytes of a padded block. No row is good."""
        from chalicelib.domain.formats.csv.reading import origin_of

        reading = self._reader.read(data, size, at_end=at_end, work=work)
        origin, faults = reading.origin or origin_of(reading), dict[int, RowFault]()
        for row, (start, end) in enumerate(zip(origin.starts.tolist(), origin.ends.tolist(), strict=True)):
            if start < end:
                faults[row] = fault_of(origin.data[start:end]) or origin.faults.get(row, OTHER)
        return replace(reading, origin=replace(origin, faults=faults), shown=raw_data)


def fault_of(record: bytes) -> RowFault | None:
    """Return why a record was not delivered; None if it is no object."""
    fields = _fields(record)
    if fields is None:
        return None
    if (data := _data(fields)) is None:
        return OTHER
    code = next((found for name in CODES if isinstance(found := fields.get(name), str)), "")
    reason = f"was not delivered by Firehose ({code if CODE.fullmatch(code) else 'no code'})"
    try:
        data.decode()
    except UnicodeDecodeError:
        reason += f"; its data {NO_TEXT}"
    return RowFault(column="", code=RowCode.CONTRACT, reason=reason)


def raw_data(record: bytes) -> bytes:
    """Return what was sent, without a line end; the record itself if it is no error object."""
    data = _data(_fields(record))
    return record if data is None else data.rstrip(b"\r\n")


def _fields(record: bytes) -> dict[str, Any] | None:
    """Return the fields of an object; None if the record is none. Numbers stay text: they may have many digits."""
    try:
        found = json.loads(record, object_pairs_hook=_once, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of an object. One with two records has none of them, so that neither is left out in silence."""
    fields = dict(pairs)
    if sum(name == RAW_DATA for name, _ in pairs) > 1:
        del fields[RAW_DATA]
    return fields


def _data(fields: Mapping[str, Any] | None) -> bytes | None:
    """Return what was sent, from the fields of an error object; None if it has no such data."""
    try:
        return b64decode(fields[RAW_DATA], validate=True) if fields else None
    except (ValueError, KeyError, TypeError):
        return None
