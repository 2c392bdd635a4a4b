"""A warehouse brought up to date, as `landfall migrate` does it over a connection."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.domain.contract.contract import Contract
from landfall.migration.migrate import migrate
from landfall.migration.plan import Wanted
from landfall.migration.wire import Connection, Wire
from tests.support.paths import ROOT

SQL = ROOT / "sql"


def apply(connection: Connection, contracts: Mapping[str, Contract], *, sql: Path = SQL, **wanted: Any) -> list[str]:
    """Migrate over a DB-API connection. Returns the lines."""
    return migrate(Wire(connection), Wanted(sql_dir=sql, contracts=contracts, **wanted))
