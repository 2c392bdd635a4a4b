"""Brings the local warehouse to the state the app needs: `landfall migrate`, as it would be run against Redshift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from chalicelib.errors import ContractError
from local.processes import StartError


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


def query(where: dict[str, Any], statement: str) -> Iterator[Sequence[object]]:
    """The names of what a statement finds, then its rows. What it changes is taken back. Raises StartError."""
    connection = connect(where)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        yield [name.decode() if isinstance(name, bytes) else name for name, *_ in cursor.description or ()]
        yield from cursor.fetchall() if cursor.description else ()
    except import_module("redshift_connector").Error as error:
        said = error.args[0] if error.args else error
        raise StartError(said["M"] if isinstance(said, dict) else str(said)) from None
    finally:
        connection.close()


def migrate(where: dict[str, Any], root: Path, app: Path) -> list[str]:
    """Apply sql/ and the tables of the app's contracts. Returns a line for each thing done. Raises StartError."""
    try:
        contracts = import_module("chalicelib.domain.contract_file").load_contracts(app / "chalicelib" / "contracts")
    except ContractError as error:
        raise StartError(f"contract at fault:\n{error.message}") from None
    connection = connect(where)
    try:
        done: list[str] = import_module("cli.migrate").migrate(connection, root / "sql", contracts)
    finally:
        connection.close()
    return done
