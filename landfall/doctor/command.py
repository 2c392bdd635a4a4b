"""`landfall doctor`: looks at what Landfall needs. What an option makes for its looks, it removes again."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from landfall.doctor.report import Report
from landfall.faults import ExitCode, guarded, usage
from landfall.migration.target import WarehouseOptions
from landfall.options import Json
from landfall.remote.deployment import repository

Parameters = Annotated[
    list[str] | None, typer.Argument(metavar="NAME=VALUE", help="With --aws: parameters of the stack.")
]
REPORT = Path("landfall-warehouse.json")
USUAL_STAGE = "dev"


@guarded
def doctor(
    parameters: Parameters = None,
    *,
    aws: Annotated[bool, typer.Option("--aws", help="Look whether the AWS account is ready for a stage.")] = False,
    warehouse: Annotated[bool, typer.Option("--warehouse", help="Look whether the warehouse is as assumed.")] = False,
    deployment: Annotated[bool, typer.Option("--deployment", help="Load a file of three rows, and undo it.")] = False,
    stage: Annotated[str, typer.Option(envvar="LANDFALL_STAGE", help="The stage.")] = "",
    emulated: Annotated[bool, typer.Option("--emulated", help="Look at an AWS that is not Amazon's, too.")] = False,
    workgroup: Annotated[str, typer.Option(envvar="LANDFALL_WORKGROUP", help="Serverless workgroup.")] = "",
    cluster: Annotated[str, typer.Option(envvar="LANDFALL_CLUSTER", help="Provisioned cluster.")] = "",
    database: Annotated[str, typer.Option(envvar="LANDFALL_DATABASE", help="Database; dev if left out.")] = "",
    secret_arn: Annotated[str, typer.Option(help="Secret to log in with, if not the administrator's own.")] = "",
    db_user: Annotated[str, typer.Option(envvar="LANDFALL_DB_USER", help="User of a cluster to log in as.")] = "",
    out: Annotated[Path, typer.Option(help="With --warehouse: write the report file here.")] = REPORT,
    json: Json = False,
) -> ExitCode:
    """Look whether all is there that Landfall needs."""
    if aws + warehouse + deployment != 1:
        raise usage("name what to look at: --aws, --warehouse or --deployment, one of them")
    if parameters and not aws:
        raise usage("NAME=VALUE goes with --aws")
    if aws:
        return of_account(stage or USUAL_STAGE, parameters or [], lambda: _session(emulated=emulated)).show(
            as_json=json
        )
    named = {"stage": stage, "workgroup": workgroup, "cluster": cluster, "database": database}
    options = WarehouseOptions(**named, secret_arn=secret_arn, db_user=db_user)
    return (of_warehouse(options, out) if warehouse else of_deployment(options)).show(as_json=json)


def of_deployment(options: WarehouseOptions) -> Report:
    """Let a file go the whole way through a deployment. Raises CommandError."""
    from landfall.doctor.site import opened
    from landfall.doctor.smoke import smoke

    if options.stage:
        repository()
    with opened(options) as site:
        return smoke(site)


def of_warehouse(options: WarehouseOptions, out: Path) -> Report:
    """Look whether the warehouse answers as Landfall assumes. Raises CommandError."""
    from landfall.doctor import warehouse

    return warehouse.of_warehouse(options, out)


def of_account(stage: str, parameters: list[str], session: Callable[[], Any]) -> Report:
    """Look at the account in which the stage is to be deployed. Raises CommandError."""
    repository()
    from deploy.preflight.preflight import preflight
    from deploy.stack import DeployError
    from deploy.stage import stage_name
    from deploy.up import parameters as parsed

    try:
        given = parsed(parameters, stage_name(stage))
        return preflight(session(), stage, given)
    except (ArgumentTypeError, DeployError) as fault:
        raise usage(str(fault)) from None


def _session(*, emulated: bool) -> Any:
    from deploy.account import opened

    return opened(emulated=emulated)
