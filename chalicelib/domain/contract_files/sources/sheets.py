"""The settings of a source that is a sheet of a Google spreadsheet, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.source.cells import column_of
from chalicelib.domain.source.settings import SheetsSettings

SPREADSHEET = re.compile(r"[A-Za-z0-9_-]{20,100}")
COLUMNS = re.compile(r"([A-Z]{1,3}):([A-Z]{1,3})")
LAST_HEADER_ROW = 10_000
WINDOWED = ("from", "lag", "look_back", "max_window", "cursor")
"""Keys of a source that is read in windows."""


def read_sheets(section: Section) -> SheetsSettings:
    """Read the settings as far as possible; record every fault in the section."""
    settings = SheetsSettings(
        spreadsheet=section.text("spreadsheet", required=True),
        sheet=section.text("sheet"),
        columns=section.text("columns"),
        header_row=section.integer("header_row", default=1, low=1, high=LAST_HEADER_ROW),
        every_time=section.boolean("every_time"),
    )
    for key, message in _faults(settings):
        section.fault(key, message)
    section.close()
    return settings


def check_sheet(section: Section) -> None:
    """Record the keys of `[source]` that a sheet must have, or cannot have."""
    if "secret" not in section.table:
        section.fault("secret", "is missing; name the secret with the key of a service account")
    refuse_windows(section, "a sheet is")


def refuse_windows(section: Section, what: str) -> None:
    """Record the keys of `[source]` that are for a source that is read in windows."""
    for key in WINDOWED:
        if key in section.table:
            section.fault(key, f"is for a source that is read in windows, but {what} read in whole; remove it")


def _faults(settings: SheetsSettings) -> Iterator[tuple[str, str]]:
    if settings.spreadsheet and not SPREADSHEET.fullmatch(settings.spreadsheet):
        yield "spreadsheet", "is not the id of a spreadsheet; write the part of its address between /d/ and /edit"
    if settings.columns:
        found = COLUMNS.fullmatch(settings.columns)
        if not found or column_of(found[1]) > column_of(found[2]):
            yield "columns", f'"{settings.columns}" is not a span of columns; write one such as A:F'
