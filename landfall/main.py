"""The `landfall` command. Each subcommand imports what it needs when it runs, so that `--help` answers at once.

Exit codes: 0 done and good; 1 what was asked about is bad; 2 the call is wrong; 3 what is needed is not there or does
not answer. docs/reference/cli.md explains them and every option.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from landfall.cost_command import cost
from landfall.deployment import find, repository, state_dir
from landfall.faults import ExitCode, guarded, usage
from landfall.version import show_version

app = typer.Typer(
    name="landfall",
    epilog="Exit codes: 0 good, 1 what was asked about is bad, 2 the call is wrong, 3 absent or no answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
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
    contract: Annotated[str, typer.Option(help="Name of the contract, if path, name and header do not tell.")] = "",
    contract_file: Annotated[Path | None, typer.Option(help="A contract that is not deployed.")] = None,
    chunk_bytes: Annotated[int | None, typer.Option(min=1, help="Bytes of source per chunk.")] = None,
    good: Annotated[Path | None, typer.Option(help="Write the good rows here, as CSV with a header.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write the bad rows here, as JSON lines.")] = None,
    json: Json = False,
) -> ExitCode:
    """Say what would become of files, without loading them.

    The engine is the very one that stages them.
    """
    from landfall.check_command import Request, check
    from landfall.check_report import ForPeople, JsonLines

    request = Request(
        files=files, contract=contract, contract_file=contract_file, chunk_bytes=chunk_bytes, good=good, rejects=rejects
    )
    return check(request, JsonLines(sys.stdout) if json else ForPeople())


@app.command()
@guarded
def infer(
    files: Annotated[list[Path], typer.Argument(help="Files of one object, on this machine.")],
    *,
    name: Annotated[str, typer.Option(help="What to call the object, if not as the first file.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write it to this new file, once all is well.")] = None,
) -> None:
    """Propose a contract for files: dialect and columns, as TOML."""
    from landfall.infer_command import infer

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
    key: Annotated[str, typer.Option(help="Key to land at, if not the object's folder and the file's name.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is loaded or refused.")] = False,
    json: Json = False,
) -> ExitCode:
    """Upload a file to where its object's files land."""
    from landfall.push import Push, push

    return push(Push(file=file, object=object, key=key, wait=wait), as_json=json)


@app.command()
@guarded
def status(
    file: Annotated[str, typer.Argument(help=WHICH + " The newest runs if left out.")] = "",
    *,
    object: Annotated[str, typer.Option(help="Only runs of this contract.")] = "",
    state: Annotated[str, typer.Option(help="Only runs in this state, such as REJECTED.")] = "",
    since: Annotated[str, typer.Option(help="Only runs since this time or day.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help=f"At most so many runs; {USUAL_RUNS} if left out.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is loaded or refused.")] = False,
    json: Json = False,
) -> ExitCode:
    """Say how a file is doing, or list the newest runs."""
    from landfall.api import Api
    from landfall.runs import list_runs, show_status

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
    all: Annotated[bool, typer.Option("--all", help="Of an object all files, not only what failed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")] = False,
    json: Json = False,
) -> ExitCode:
    """Run again what failed or was rejected."""
    from landfall.api import Api
    from landfall.runs import rerun

    if all and "/" in target:
        raise usage("--all is for an object: a file that is named is run whatever became of it")
    return rerun(Api(deployment=find()), target, everything=all, dry_run=dry_run, as_json=json)


@app.command()
@guarded
def cancel(
    file: Annotated[str, typer.Argument(help=WHICH)],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="If its load is under way, follow it until that ends.")] = False,
    json: Json = False,
) -> ExitCode:
    """Stop a file's run; nothing of it reaches its target."""
    from landfall.api import Api
    from landfall.runs import cancel

    return cancel(Api(deployment=find()), file, wait=wait, as_json=json)


@app.command()
@guarded
def backfill(
    *,
    prefix: Annotated[str, typer.Option(help="Only keys that begin so; all landing folders if left out.")] = "",
    object: Annotated[str, typer.Option(help="Only files of this contract.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be started, and start nothing.")] = False,
    json: Json = False,
) -> ExitCode:
    """Start what landed and has no run.

    Its event was lost, or it was there before the app.
    """
    from landfall.api import Api
    from landfall.recovery import backfill

    return backfill(Api(deployment=find()), prefix, object, dry_run=dry_run, as_json=json)


@app.command()
@guarded
def redrive(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")] = False,
    json: Json = False,
) -> ExitCode:
    """Bring back what dead letters ended.

    Messages that lie in the dead-letter queues go back to their queues, too.
    """
    from landfall.api import Api
    from landfall.recovery import redrive

    return redrive(Api(deployment=find()), dry_run=dry_run, as_json=json)


@app.command()
@guarded
def rejects(
    file: Annotated[str, typer.Argument(help=WHICH)],
    *,
    out: Annotated[Path | None, typer.Option(help="Write all of them here, as CSV to be corrected.")] = None,
    json: Json = False,
) -> ExitCode:
    """Show the bad rows of a file, each with its reason."""
    from landfall.api import Api
    from landfall.rejects import rejects

    if out and json:
        raise usage("--out and --json exclude each other: --out writes CSV")
    return rejects(Api(deployment=find()), file, out, as_json=json)


@app.command()
@guarded
def resubmit(
    file: Annotated[Path, typer.Argument(help="What `landfall rejects FILE --out` wrote, corrected.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the rows until they are loaded or refused.")] = False,
    json: Json = False,
) -> ExitCode:
    """Send corrected rows back to be merged."""
    from landfall.api import Api
    from landfall.rejects import resubmit

    return resubmit(Api(deployment=find()), file, wait=wait, as_json=json)


@app.command()
@guarded
def migrate(*, json: Json = False) -> ExitCode:
    """Bring the warehouse up to date with sql/ and the contracts."""
    from landfall.migrate_command import migrate_warehouse

    return migrate_warehouse(as_json=json)


@app.command()
@guarded
def up(*, json: Json = False) -> None:
    """Start the local stack and leave it running."""
    repository()
    from landfall.stack_commands import up

    up(as_json=json)


@app.command()
@guarded
def down(*, json: Json = False) -> None:
    """Stop the local stack and forget its state."""
    repository()
    from landfall.stack_commands import down

    down(as_json=json)


@app.command()
@guarded
def demo(
    *,
    sf: Annotated[float, typer.Option(min=0.001, help="TPC-H scale factor of orders; 1 is 1.5 million rows.")] = 0.2,
    rows: Annotated[int, typer.Option(min=1_000, help="Rows of the transactions file.")] = 1_000_000,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up, in place of one that is.")] = False,
    json: Json = False,
) -> ExitCode:
    """Load real files on a stack of its own, and show the books.

    It is the main job, on a fresh local stack that is stopped in the end.
    """
    repository()
    from landfall.demo_command import Demo, demo, scale_of

    return demo(Demo(scale=scale_of(rows, sf), keep=keep, folder=state_dir()), as_json=json)


app.command()(cost)

if __name__ == "__main__":
    app()
