"""The settings of a PostgreSQL source, read and checked."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.source.settings import PostgresqlSettings

MOST_ROWS = 100_000


def read_postgresql(section: Section) -> PostgresqlSettings:
    """Read the settings as far as possible; record every fault in the section."""
    settings = PostgresqlSettings(
        host=section.text("host", required=True),
        port=section.integer("port", default=PostgresqlSettings.port, low=1, high=65_535),
        database=section.text("database", required=True),
        table=section.text("table"),
        query=section.text("query"),
        watermark=section.text("watermark"),
        key=section.string_list("key"),
        page_rows=section.integer("page_rows", default=PostgresqlSettings.page_rows, low=1, high=MOST_ROWS),
    )
    for key, message in _faults(settings):
        section.fault(key, message)
    section.close()
    return settings


def _faults(settings: PostgresqlSettings) -> Iterator[tuple[str, str]]:
    if bool(settings.table) == bool(settings.query):
        yield "table", 'write either table = "schema.table" or query = "select ..."'
    if not settings.key:
        yield "key", "is missing; name the columns that identify a row, so that pages have no ties"
