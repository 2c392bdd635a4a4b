"""A workbook as the text that the engine reads."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.contract.contract import FileFormat, Limits
from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.decode.decode import text_of
from chalicelib.domain.raw.bytesource import InMemory
from tests.support.files.engine import contract
from tests.support.workbooks import numbered, sheet

HEAD = ("id", "txt")
TABLE = sheet(numbered(HEAD, (1, "a")))
"""A sheet with one row."""


def text(data: bytes, limits: Limits | None = None, where: Sheet | None = None) -> bytes:
    things = replace(contract(format=FileFormat.XLSX, sheet=where or Sheet()), limits=limits or Limits())
    return b"".join(text_of(InMemory(data), things))
