"""A workbook as the text that the engine reads."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Contract, FileFormat, Limits
from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.decode.decode import text_of
from chalicelib.domain.raw.bytesource import InMemory
from tests.support.workbooks import numbered, sheet

HEAD = ("id", "txt")
TABLE = sheet(numbered(HEAD, (1, "a")))
"""A sheet with one row."""


def text(data: bytes, limits: Limits | None = None, where: Sheet | None = None) -> bytes:
    contract = Contract(
        name="t",
        schema="s",
        table="t",
        lands_at=("in/*",),
        columns=(),
        key=(),
        format=FileFormat.XLSX,
        limits=limits or Limits(),
        sheet=where or Sheet(),
    )
    return b"".join(text_of(InMemory(data), contract))
