"""`landfall demo`: the main job on real files, on a fresh local stack, and the books in the end."""

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

from landfall.demo_world import LocalWorld
from landfall.deployment import ROOT, Deployment
from landfall.faults import ExitCode
from landfall.screen import console, say_json, seconds
from landfall.stack_commands import next_steps, start
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
    """What was asked for."""

    scale: Scale
    keep: bool
    folder: Path
    """Where the local stack has its state. The demo's own stack is below it, so that one that is up stays as it is."""

    @property
    def files(self) -> Path:
        return self.folder / "demo-data"

    @property
    def state(self) -> Path:
        return self.folder if self.keep else self.folder / "demo"


def scale_of(rows: int, sf: float) -> Scale:
    """The sizes of the demo's files: of the transactions, and of TPC-H's orders by their scale factor."""
    return Scale(transactions=rows, purchases=min(40_000, max(400, rows // 25)), orders=sf)


def demo(asked: Demo, *, as_json: bool) -> ExitCode:
    """Exit code 0 if everything balances. Raises CommandError."""
    began, screen = time.monotonic(), console(stderr=as_json)
    screen.print("Making the files (or taking them from the last time) ...")
    data = demo_data(asked.files, asked.scale)
    screen.print(f"Starting the local stack ... ({seconds(time.monotonic() - began)} so far)")
    with _stack(asked, screen) as record:
        world = LocalWorld(deployment=_deployment(record), names=record.names)
        screen.print("Dropping files into the landing bucket:")
        try:
            with moving(screen) as show:
                files = Story(data=data, folder=asked.files, world=world, show=show).play()
        except StuckError as stuck:
            screen.print(f"DIFFERS  {stuck}; logs are in {record.files['logs']}")
            return ExitCode.BAD
        screen.print("Closing the books: asking the API, the ledger, the tables and both inboxes ...\n")
        books = close_books(data, files, world)
    show_books(screen, books)
    if as_json:
        say_json(_facts(books))
    screen.print(f"\nDone in {seconds(time.monotonic() - began)}. {_farewell(asked, record)}")
    return ExitCode.BAD if books.differences else ExitCode.OK


@contextmanager
def _stack(asked: Demo, screen: Console) -> Iterator[Record]:
    """A fresh stack, stopped in the end unless it is to be kept. Raises CommandError."""
    stack = Stack(ROOT, asked.state, options=Options())
    stack.down()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nothing is left running then
    kept = False
    try:
        yield start(stack)
        kept = asked.keep
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


def _farewell(asked: Demo, record: Record) -> str:
    if asked.keep:
        return f"The stack is still up. Go on with:\n\n{next_steps(record)}"
    return (
        "The stack is stopped. Go on with a stack that stays up:\n"
        "  make up                           # prints what to try with it, ready to be copied\n"
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
