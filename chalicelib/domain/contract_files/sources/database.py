"""The settings of a source that is a database, read and checked."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.source.settings import DatabaseSettings

PORTS = {"postgresql": 5432, "mysql": 3306}
"""The databases, and the ports at which they listen if no other is configured."""
MOST_ROWS = 100_000


def read_database(section: Section, kind: str) -> DatabaseSettings:
    """Read the settings as far as possible; record every fault in the section."""
    settings = DatabaseSettings(
        host=section.text("host", required=True),
        port=section.integer("port", default=PORTS[kind], low=1, high=65_535),
        database=section.text("database", required=True),
        table=section.text("table"),
        query=section.text("query"),
        watermark=section.text("watermark"),
        key=section.string_list("key"),
        page_rows=section.integer("page_rows", default=DatabaseSettings.page_rows, low=1, high=MOST_ROWS),
    )
    for key, message in _faults(settings):
        section.fault(key, message)
    section.close()
    return settings


def _faults(settings: DatabaseSettings) -> Iterator[tuple[str, str]]:
    if bool(settings.table) == bool(settings.query):
        yield "table", 'write either table = "schema.table" or query = "select ..."'
    if not settings.key:
        yield "key", "is missing; name the columns that identify a row, so that pages have no ties"
