"""Brings the local warehouse to the state the app needs, by `landfall migrate`, as in Redshift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.smoke import deployed_contracts
from chalicelib.errors import ContractError
from landfall.text import warehouse_message
from local.access.signatures import Credentials
from local.aws.clients import client
from local.options import CONTRACTS, STAGE
from local.processes import StartError


def connect(where: dict[str, Any]) -> Any:
    """Open a connection of redshift_connector to the local warehouse."""
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
    """Open a connection, and turn its driver's errors into StartError."""
    from redshift_connector.error import Error

    try:
        with closing(connect(where)) as connection:
            yield connection
    except (Error, OSError) as error:
        raise StartError(f"the warehouse: {warehouse_message(error)}") from None


def query(where: dict[str, Any], statement: str) -> Iterator[Sequence[object]]:
    """Yield the names of a statement's columns, then its rows. Its changes are rolled back. Raises StartError."""
    with _connected(where) as connection:
        cursor = connection.cursor()
        cursor.execute(statement)
        if cursor.description:
            yield [name.decode() if isinstance(name, bytes) else name for name, *_ in cursor.description]
            yield from cursor.fetchall()


def contracts_of(app: Path, instead: str = "") -> Mapping[str, Contract]:
    """Read the contracts of an app, or those of a folder instead. Raises StartError that names every fault.

    An app without a folder for contracts has none.
    """
    folder = Path(instead) if instead else app / "chalicelib" / "contracts"
    if instead and not folder.is_dir():
        raise StartError(f"{CONTRACTS} is {instead}: there is no such folder")
    try:
        return deployed_contracts(folder) if folder.is_dir() else {}
    except ContractError as error:
        raise StartError(f"contract at fault:\n{error.message}") from None


def migrate(
    where: dict[str, Any], credentials: Credentials, contracts: Mapping[str, Contract], sql_dir: Path
) -> list[str]:
    """Apply sql/, the tables of contracts, and grants. Returns a line for each thing done. Raises StartError.

    By the Data API, as administrator. Existing tables are altered, too: here they hold nothing of value.
    """
    from landfall.migration.data_api import DataApi
    from landfall.migration.grants import Grants
    from landfall.migration.migrate import MigrationError
    from landfall.migration.migrate import migrate as apply
    from landfall.migration.plan import Wanted

    api = DataApi(
        client("redshift-data", where["api_url"], credentials),
        {"WorkgroupName": STAGE, "Database": where["database"], "SecretArn": where["secret_arn"]},
    )
    grants = Grants(user=where["loader_login"]["username"], database=where["database"])
    wanted = Wanted(sql_dir=sql_dir, contracts=contracts, alters=True, grants=grants)
    try:
        return apply(api, wanted)
    except MigrationError as error:
        raise StartError(f"the warehouse: {error}") from None
