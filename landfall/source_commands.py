"""The commands for sources. Each imports what it needs when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from landfall.faults import ExitCode, guarded
from landfall.options import Json
from landfall.remote.deployment import find


@guarded
def sources(*, json: Json = False) -> ExitCode:
    """Show how far sources have been read, and what failed."""
    from landfall.remote.api import Api
    from landfall.remote.sources import sources

    return sources(Api(deployment=find()), as_json=json)


@guarded
def fetch(
    object: Annotated[str, typer.Argument(help="Name of the object.")],
    *,
    start: Annotated[str, typer.Option("--from", help="Start of a window that is read again.")] = "",
    until: Annotated[str, typer.Option("--to", help="End of that window.")] = "",
    json: Json = False,
) -> ExitCode:
    """Read a source now, or a window of it again."""
    from landfall.remote.api import Api
    from landfall.remote.sources import fetch

    return fetch(Api(deployment=find()), object, start, until, as_json=json)
