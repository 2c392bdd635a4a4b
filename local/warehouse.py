"""Brings the local warehouse to the state the app needs: `landfall migrate`, as it would be run against Redshift."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any


def connect(where: dict[str, Any]) -> Any:
    """A redshift_connector connection to the local warehouse."""
    import redshift_connector

    return redshift_connector.connect(
        host=where["wire_host"],
        port=where["wire_port"],
        database=where["database"],
        user=where["user"],
        password=where["password"],
        ssl=False,
    )


def migrate(where: dict[str, Any], root: Path) -> None:
    """Apply sql/ and the tables of the contracts."""
    contracts = import_module("chalicelib.domain.contract_file").load_contracts(root / "chalicelib" / "contracts")
    connection = connect(where)
    try:
        import_module("cli.migrate").migrate(connection, root / "sql", contracts)
    finally:
        connection.close()
