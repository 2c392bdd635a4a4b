"""`landfall migrate`: bring a warehouse up to date with sql/, the contracts and the grants of loads."""

from __future__ import annotations

from typing import Annotated

import typer

from landfall.faults import CommandError, ExitCode, guarded
from landfall.migration.target import WarehouseOptions, opened
from landfall.options import Json
from landfall.remote.deployment import repository


@guarded
def migrate(
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done, and change nothing.")] = False,
    alter: Annotated[bool, typer.Option("--alter", help="Add new columns, and lengthen varchar columns.")] = False,
    stage: Annotated[str, typer.Option(envvar="LANDFALL_STAGE", help="Stage; its stack names the warehouse.")] = "",
    workgroup: Annotated[str, typer.Option(envvar="LANDFALL_WORKGROUP", help="Serverless workgroup.")] = "",
    cluster: Annotated[str, typer.Option(envvar="LANDFALL_CLUSTER", help="Provisioned cluster.")] = "",
    database: Annotated[str, typer.Option(envvar="LANDFALL_DATABASE", help="Database; dev if left out.")] = "",
    secret_arn: Annotated[str, typer.Option(help="Secret to log in with, if not the administrator's own.")] = "",
    db_user: Annotated[str, typer.Option(envvar="LANDFALL_DB_USER", help="User of a cluster to log in as.")] = "",
    host: Annotated[str, typer.Option(envvar="LANDFALL_WAREHOUSE_HOST", help="Host, to connect by TCP.")] = "",
    loads_as: Annotated[str, typer.Option(help="User that loads log in as, if not the stage's function.")] = "",
    json: Json = False,
) -> ExitCode:
    """Bring the warehouse up to date with sql/ and the contracts.

    It goes through the Redshift Data API, as the administrator of the warehouse.
    """
    named = {"stage": stage, "workgroup": workgroup, "cluster": cluster, "database": database, "host": host}
    options = WarehouseOptions(**named, secret_arn=secret_arn, db_user=db_user, loads_as=loads_as)
    return migrate_warehouse(options, plans=plan, alters=alter, as_json=json)


def migrate_warehouse(options: WarehouseOptions, *, plans: bool, alters: bool, as_json: bool) -> ExitCode:
    """Apply what is missing, or only show it. Exit code 1 if something is left to the operator. Raises CommandError."""
    from landfall.contracts import deployed
    from landfall.migration import migrate
    from landfall.migration.plan import Wanted

    sql_dir, contracts = repository() / "sql", deployed()
    with opened(options) as target:
        wanted = Wanted(sql_dir=sql_dir, contracts=contracts, alters=alters, grants=target.grants)
        act = migrate.preview if plans else migrate.migrate
        try:
            lines = act(target.warehouse, wanted)
        except migrate.MigrationError as error:
            raise CommandError(str(error), ExitCode.BAD) from None
    _show(lines, as_json=as_json)
    return ExitCode.BAD if any(line.startswith("!") for line in lines) else ExitCode.OK


def _show(lines: list[str], *, as_json: bool) -> None:
    from landfall.screen import print_json, print_lines

    left = [line for line in lines if line.startswith("!")]
    if as_json:
        print_json({"done": [line for line in lines if line not in left], "left": left})
    else:
        print_lines(*(part for line in lines or ["nothing to do"] for part in line.split("\n")))
