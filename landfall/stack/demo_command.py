"""`landfall demo`: loads real files on a fresh local stack, and checks the books at the end."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landfall.faults import ExitCode
from landfall.remote.deployment import ROOT, Deployment
from landfall.screen import console, print_json, seconds
from landfall.stack.demo_world import LocalWorld
from landfall.stack.stack_commands import next_steps, start
from local.demo.books import Books, close_books
from local.demo.generate import Scale, demo_data
from local.demo.show import moving, show_books
from local.demo.story import Story, StuckError
from local.options import Options
from local.record import Record
from local.stack import Stack

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The options of the command."""

    scale: Scale
    keep: bool
    folder: Path
    """Folder of the local stack's state. The demo's own stack is below it, so a running stack stays as it is."""

    @property
    def files(self) -> Path:
        return self.folder / "demo-data"

    @property
    def state(self) -> Path:
        return self.folder if self.keep else self.folder / "demo"


def scale_of(rows: int, sf: float) -> Scale:
    """Return the sizes of the demo's files, from the rows of transactions and TPC-H's scale factor of orders."""
    return Scale(transactions=rows, purchases=min(40_000, max(400, rows // 25)), orders=sf)


def demo(request: Demo, *, as_json: bool) -> ExitCode:
    """Run the demo. Return exit code 0 if everything balances. Raises CommandError."""
    began, screen = time.monotonic(), console(stderr=as_json)
    screen.print("Making the files (or reusing those of the last time) ...")
    data = demo_data(request.files, request.scale)
    screen.print(f"Starting the local stack ... ({seconds(time.monotonic() - began)} so far)")
    with _stack(request, screen) as record:
        world = LocalWorld(deployment=_deployment(record), names=record.names)
        screen.print("Dropping files into the landing bucket:")
        try:
            with moving(screen) as show:
                files = Story(data=data, folder=request.files, world=world, show=show).play()
        except StuckError as stuck:
            screen.print(f"DIFFERS  {stuck}; logs are in {record.files['logs']}")
            return ExitCode.BAD
        screen.print("Closing the books: reading the API, the ledger, the tables and both inboxes ...\n")
        books = close_books(data, files, world)
    show_books(screen, books)
    if as_json:
        print_json(_facts(books))
    screen.print(f"\nDone in {seconds(time.monotonic() - began)}. {_farewell(request, record)}")
    return ExitCode.BAD if books.differences else ExitCode.OK


@contextmanager
def _stack(request: Demo, screen: Console) -> Iterator[Record]:
    """Start a fresh stack, and stop it at the end unless it is to be kept. Raises CommandError."""
    stack = Stack(ROOT, request.state, options=Options())
    stack.down()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that SIGTERM leaves nothing running
    kept = False
    try:
        yield start(stack)
        kept = request.keep
    except (KeyboardInterrupt, SystemExit):
        screen.print("\nStopping the demo's stack ...")
        stack.down()
        screen.print("The demo is stopped: nothing of it is left running.")
        raise
    finally:
        if not kept:
            stack.down()


def _deployment(record: Record) -> Deployment:
    tokens = json.loads((ROOT / record.files["tokens"]).read_text(encoding="utf-8"))
    return Deployment(api_url=record.ports.url("api"), token=tokens["operator"], settings=record.env, local=True)


def _farewell(request: Demo, record: Record) -> str:
    if request.keep:
        return f"The stack is still up. Go on with:\n\n{next_steps(record)}"
    return (
        "The stack is stopped. Go on with a stack that stays up:\n"
        "  make up                           # prints commands to try, ready to copy\n"
        "  make down"
    )


def _facts(books: Books) -> dict[str, Any]:
    files = [
        {
            "file": page.file.truth.key,
            "state": page.file.status["state"] if page.file.status else None,
            "rows": dict(page.rows),
            "balanced": page.balanced,
        }
        for page in books.files
    ]
    tables = [{"table": t.truth.table, "rows": t.rows, "cents": t.cents} for t in books.tables]
    return {"files": files, "tables": tables, "differences": list(books.differences)}
