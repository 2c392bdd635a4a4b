"""The `landfall` command. Each subcommand imports what it needs when it runs, so that `--help` answers at once.

Exit codes: 0 done and good; 1 what was asked about is bad; 2 the call is wrong; 3 what is needed is not there or does
not answer. docs/cli.md explains them and every option.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.faults import ExitCode, guarded

app = typer.Typer(
    name="landfall",
    help="Files that land in S3 reach Amazon Redshift: each good row exactly once, each bad row explained.",
    epilog="Exit codes: 0 good, 1 what was asked about is bad, 2 the call is wrong, 3 absent or no answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
Name = Annotated[str, typer.Argument(help="A run id, a key, or a bare file name (its latest version).")]


@app.command()
@guarded
def check(
    files: Annotated[list[Path], typer.Argument(help="Files on this machine.")],
    *,
    contract: Annotated[str, typer.Option(help="Name of the contract, if path, name and header do not tell.")] = "",
    contract_file: Annotated[Path | None, typer.Option(help="A contract that is not deployed.")] = None,
    chunk_bytes: Annotated[int | None, typer.Option(min=1, help="Bytes of source per chunk.")] = None,
    good: Annotated[Path | None, typer.Option(help="Write the good rows here, as CSV with a header.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write the bad rows here, as JSON lines.")] = None,
    json: Json = False,
) -> ExitCode:
    """Say what would become of files, offline, with the very engine that stages them."""
    from cli.check_command import Request, check
    from cli.check_report import ForPeople, JsonLines

    request = Request(
        files=files, contract=contract, contract_file=contract_file, chunk_bytes=chunk_bytes, good=good, rejects=rejects
    )
    return check(request, JsonLines(sys.stdout) if json else ForPeople())


if __name__ == "__main__":
    app()
