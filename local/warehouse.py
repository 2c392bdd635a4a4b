"""Brings the local warehouse to the state the app needs: `landfall migrate`, as it would be run against Redshift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.errors import ContractError
from landfall.text import warehouse_message
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


@contextmanager
def _connected(where: dict[str, Any]) -> Iterator[Any]:
    """A connection; what its driver raises while it is open is a StartError."""
    from redshift_connector.error import Error

    try:
        with closing(connect(where)) as connection:
            yield connection
    except (Error, OSError) as error:
        raise StartError(f"the warehouse: {warehouse_message(error)}") from None


def query(where: dict[str, Any], statement: str) -> Iterator[Sequence[object]]:
    """The names of what a statement finds, then its rows. What it changes is taken back. Raises StartError."""
    with _connected(where) as connection:
        cursor = connection.cursor()
        cursor.execute(statement)
        if cursor.description:
            yield [name.decode() if isinstance(name, bytes) else name for name, *_ in cursor.description]
            yield from cursor.fetchall()


def contracts_of(app: Path) -> Mapping[str, Contract]:
    """The contracts of an app; none if it has no place for them. Raises StartError that names every fault."""
    place = app / "chalicelib" / "contracts"
    try:
        return load_contracts(place) if place.is_dir() else {}
    except ContractError as error:
        raise StartError(f"contract at fault:\n{error.message}") from None


def migrate(where: dict[str, Any], sql_dir: Path, contracts: Mapping[str, Contract]) -> list[str]:
    """Apply sql/ and the tables of contracts. Returns a line for each thing done. Raises StartError."""
    from landfall.migrate import migrate as apply

    with _connected(where) as connection:
        return apply(connection, sql_dir, contracts)
