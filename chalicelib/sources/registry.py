"""The sources by name. A source's module is imported when a contract uses it."""

from __future__ import annotations

from importlib import import_module

from chalicelib.errors import Broken
from chalicelib.sources.source import Factory, Source, Surroundings

FACTORIES = {
    "connect": "chalicelib.sources.connect.source:ConnectSource",
    "http": "chalicelib.sources.http.source:HttpSource",
    "mysql": "chalicelib.sources.database.mysql:MysqlSource",
    "postgresql": "chalicelib.sources.database.postgresql:PostgresqlSource",
    "sheets": "chalicelib.sources.sheets.source:SheetsSource",
}


def connect(surroundings: Surroundings) -> Source:
    """Return the source of a contract. Raises Broken if its module or its factory does not exist."""
    settings = surroundings.settings
    module, _, name = FACTORIES.get(settings.kind, settings.factory).partition(":")
    try:
        factory: Factory = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise Broken(
            f"the source of {surroundings.object} cannot be imported: {error}", code="NO_SUCH_SOURCE"
        ) from None
    return factory(surroundings)
