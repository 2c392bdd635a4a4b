"""The `landfall` command. Each subcommand imports what it needs when it runs, so that `--help` is fast.

Exit codes: 0 done and good; 1 done and the result is bad; 2 the call is wrong; 3 something needed is absent or does not
answer. docs/reference/cli.md explains them and every option.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from landfall.cost_command import cost
from landfall.doctor.command import doctor
from landfall.faults import ExitCode, guarded, usage
from landfall.migrate_command import migrate
from landfall.options import Json
from landfall.remote.deployment import find, repository, state_dir
from landfall.source_commands import fetch, sources
from landfall.token_command import app as token
from landfall.version import show_version

app = typer.Typer(
    name="landfall",
    epilog="Exit codes: 0 good, 1 bad result, 2 wrong call, 3 absent or no answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

USUAL_RUNS = 20
WHICH = "A run id, a key, or a bare file name (its newest version)."


@app.callback()
def landfall(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Files that land in S3 reach Amazon Redshift: each good row exactly once, each bad row explained."""


@app.command()
@guarded
def check(
    files: Annotated[list[Path], typer.Argument(help="Files on this machine.")],
    *,
    contract: Annotated[str, typer.Option(help="Name of the contract, if it cannot be guessed.")] = "",
    contract_file: Annotated[Path | None, typer.Option(help="A contract that is not deployed.")] = None,
    chunk_bytes: Annotated[int | None, typer.Option(min=1, help="Bytes of source per chunk.")] = None,
    good: Annotated[Path | None, typer.Option(help="Write the good rows here, as their files have them.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write the bad rows here, as JSON lines.")] = None,
    json: Json = False,
) -> ExitCode:
    """Check files as a run would, without loading them.

    The engine is the one that stages files in a run.
    """
    from landfall.check.check_command import Request, check
    from landfall.check.check_report import ForPeople, JsonLines

    request = Request(
        files=files, contract=contract, contract_file=contract_file, chunk_bytes=chunk_bytes, good=good, rejects=rejects
    )
    return check(request, JsonLines(sys.stdout) if json else ForPeople())


@app.command()
@guarded
def infer(
    files: Annotated[list[Path], typer.Argument(help="Files of one object, on this machine.")],
    *,
    name: Annotated[str, typer.Option(help="Name of the object; that of the first file if left out.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write the contract to this new file.")] = None,
) -> None:
    """Propose a contract for files: dialect and columns, as TOML."""
    from landfall.infer.infer_command import infer

    infer(files, name, out)


@app.command()
@guarded
def ddl(
    object: Annotated[str, typer.Argument(help="Name of a contract; all of them if left out.")] = "",
    *,
    json: Json = False,
) -> None:
    """Show the statements that make the warehouse's tables."""
    from landfall.ddl_command import show_ddl

    show_ddl(object, as_json=json)


@app.command()
@guarded
def push(
    file: Annotated[Path, typer.Argument(help="A file on this machine.")],
    *,
    object: Annotated[str, typer.Option(help="Name of the contract.")],
    key: Annotated[str, typer.Option(help="Key to land at; the object's folder and the file's name if left out.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is loaded or refused.")] = False,
    json: Json = False,
) -> ExitCode:
    """Upload a file to where its object's files land."""
    from landfall.remote.push import Push, push

    return push(Push(file=file, object=object, key=key, wait=wait), as_json=json)


@app.command()
@guarded
def status(
    file: Annotated[str, typer.Argument(help=WHICH + " The newest runs if left out.")] = "",
    *,
    object: Annotated[str, typer.Option(help="Only runs of this contract.")] = "",
    state: Annotated[str, typer.Option(help="Only runs in this state, such as REJECTED.")] = "",
    since: Annotated[str, typer.Option(help="Only runs since this time or day.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help=f"Most runs to list; {USUAL_RUNS} if left out.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is loaded or refused.")] = False,
    json: Json = False,
) -> ExitCode:
    """Show the state of a file, or list the newest runs."""
    from landfall.remote.api import Api
    from landfall.remote.runs import list_runs, show_status

    if file and (object or state or since or limit):
        raise usage("--object, --state, --since and --limit choose runs for the list: leave them out, or FILE")
    if wait and not file:
        raise usage("--wait follows one file: name it")
    api = Api(deployment=find())
    if file:
        return show_status(api, file, wait=wait, as_json=json)
    list_runs(api, {"object": object, "state": state, "since": since}, limit or USUAL_RUNS, as_json=json)
    return ExitCode.OK


@app.command()
@guarded
def rerun(
    target: Annotated[str, typer.Argument(metavar="OBJECT|KEY", help="Name of a contract, or a key or run id.")],
    *,
    all: Annotated[bool, typer.Option("--all", help="Run all files of an object, not only those that failed.")] = False,
    accept_rejects: Annotated[
        bool, typer.Option("--accept-rejects", help="Load the good rows of a file with too many bad ones.")
    ] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Restore archived files from Glacier.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would run, and run nothing.")] = False,
    json: Json = False,
) -> ExitCode:
    """Run files again that failed or were rejected."""
    from landfall.remote.api import Api
    from landfall.remote.runs import rerun

    if all and "/" in target:
        raise usage("--all is for an object: a named file runs again in any state")
    flags = {"accept_rejects": accept_rejects, "restore": restore}
    body = {"dry_run": dry_run, **({"failed_only": False} if all else {}), **{n: True for n, on in flags.items() if on}}
    return rerun(Api(deployment=find()), target, body, as_json=json)


@app.command()
@guarded
def cancel(
    file: Annotated[str, typer.Argument(help=WHICH)],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="If its load is under way, follow the load to its end.")] = False,
    json: Json = False,
) -> ExitCode:
    """Stop a file's run, so that none of its rows reach the target."""
    from landfall.remote.api import Api
    from landfall.remote.runs import cancel

    return cancel(Api(deployment=find()), file, wait=wait, as_json=json)


@app.command()
@guarded
def backfill(
    *,
    prefix: Annotated[str, typer.Option(help="Only keys with this beginning; all landing folders if left out.")] = "",
    object: Annotated[str, typer.Option(help="Only files of this contract.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would start, and start nothing.")] = False,
    json: Json = False,
) -> ExitCode:
    """Start landed files that have no run.

    Their event was lost, or they landed before the app was deployed.
    """
    from landfall.remote.api import Api
    from landfall.remote.recovery import backfill

    return backfill(Api(deployment=find()), prefix, object, dry_run=dry_run, as_json=json)


@app.command()
@guarded
def redrive(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would run, and run nothing.")] = False,
    json: Json = False,
) -> ExitCode:
    """Start runs again that dead letters ended.

    Messages in the dead-letter queues go back to their queues, too.
    """
    from landfall.remote.api import Api
    from landfall.remote.recovery import redrive

    return redrive(Api(deployment=find()), dry_run=dry_run, as_json=json)


@app.command()
@guarded
def rejects(
    file: Annotated[str, typer.Argument(help=WHICH)],
    *,
    out: Annotated[Path | None, typer.Option(help="Write all bad rows here, as CSV to correct.")] = None,
    letter: Annotated[bool, typer.Option("--letter", help="Print a letter to the supplier, without values.")] = False,
    json: Json = False,
) -> ExitCode:
    """Show the bad rows of a file, each with its reason."""
    from landfall.remote.api import Api
    from landfall.remote.rejects import rejects, write_letter

    if bool(out) + letter + json > 1:
        raise usage("--out, --letter and --json exclude each other: --out writes CSV, --letter plain text")
    if letter:
        return write_letter(Api(deployment=find()), file)
    return rejects(Api(deployment=find()), file, out, as_json=json)


@app.command()
@guarded
def resubmit(
    file: Annotated[Path, typer.Argument(help="The corrected CSV of `landfall rejects FILE --out`.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the rows until they are loaded or refused.")] = False,
    json: Json = False,
) -> ExitCode:
    """Send corrected rows back to be merged."""
    from landfall.remote.api import Api
    from landfall.remote.rejects import resubmit

    return resubmit(Api(deployment=find()), file, wait=wait, as_json=json)


for _command in (migrate, sources, fetch, doctor):
    app.command()(_command)
app.add_typer(token, name="token")


@app.command()
@guarded
def up(*, json: Json = False) -> None:
    """Start the local stack and leave it running."""
    repository()
    from landfall.stack.stack_commands import up

    up(as_json=json)


@app.command()
@guarded
def down(*, json: Json = False) -> None:
    """Stop the local stack and delete its state."""
    repository()
    from landfall.stack.stack_commands import down

    down(as_json=json)


@app.command()
@guarded
def demo(
    *,
    sf: Annotated[float, typer.Option(min=0.001, help="TPC-H scale factor of orders; 1 is 1.5 million rows.")] = 0.2,
    rows: Annotated[int, typer.Option(min=1_000, help="Rows of the transactions file.")] = 1_000_000,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up; it replaces a running one.")] = False,
    json: Json = False,
) -> ExitCode:
    """Load real files on a stack of its own, and show the books.

    The stack is fresh, and stops at the end.
    """
    repository()
    from landfall.stack.demo_command import Demo, demo, scale_of

    return demo(Demo(scale=scale_of(rows, sf), keep=keep, folder=state_dir()), as_json=json)


app.command()(cost)

if __name__ == "__main__":
    app()
