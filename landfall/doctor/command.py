"""`landfall doctor`: looks at what Landfall needs. It makes and changes nothing unless an option says so."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Annotated

import typer

from landfall.deployment import repository
from landfall.doctor.report import Report
from landfall.faults import ExitCode, guarded, usage

Parameters = Annotated[
    list[str] | None, typer.Argument(metavar="NAME=VALUE", help="With --aws: parameters of the stack.")
]


@guarded
def doctor(
    parameters: Parameters = None,
    *,
    aws: Annotated[bool, typer.Option("--aws", help="Look whether the AWS account is ready for a stage.")] = False,
    stage: Annotated[str, typer.Option(envvar="LANDFALL_STAGE", help="The stage.")] = "dev",
    emulated: Annotated[bool, typer.Option("--emulated", help="Look at an AWS that is not Amazon's, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")] = False,
) -> ExitCode:
    """Look whether all is there that Landfall needs, and name the fix of what is missing."""
    if not aws:
        raise usage("name what to look at: --aws")
    return of_account(stage, parameters or [], emulated=emulated).show(as_json=json)


def of_account(stage: str, parameters: list[str], *, emulated: bool) -> Report:
    """Look at the account in which the stage is to be deployed. Raises CommandError."""
    repository()
    from deploy import account
    from deploy.preflight.preflight import preflight
    from deploy.stack import DeployError
    from deploy.stage import stage_name
    from deploy.up import parameters as parsed

    try:
        given = parsed(parameters, stage_name(stage))
        return preflight(account.opened(emulated=emulated), stage, given)
    except (ArgumentTypeError, DeployError) as fault:
        raise usage(str(fault)) from None
