"""The whole pipeline on this machine: `Stack(root).up()`, or `python -m local` (its verbs are in `local/__main__.py`).

Four processes, on loopback ports of their own: **ministack** is AWS, **warehouse** is Redshift, **worker** runs the
app's functions, **api** serves its REST API. Several stacks run at once with state directories of their own.

State lives as long as the stack is up: `down` forgets objects, messages, records and tables together, so that no
record can name rows that are gone. The worker and the API may die and be started again in between; they keep nothing.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from local import processes
from local.access.private import make_private, open_private
from local.http import fetch
from local.launch import Launch
from local.options import Names, Options, StackPaths
from local.record import Record
from local.redshift.account import forget
from local.warehouse import contracts_of, migrate

_PLAIN = Options()
REPLACEABLE = ("worker", "api")
"""They keep nothing: the next `up` starts them again, and the rest stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """Whether a stack is up, and which of its processes run."""

    up: bool
    """All of its processes run."""
    alive: dict[str, bool]
    """Each recorded process by name."""
    record: Record | None
    """Where things are."""


class Stack:
    """A local stack, known by its state directory."""

    def __init__(self, root: str | Path, state_dir: str | Path = ".landfall", *, options: Options = _PLAIN) -> None:
        self.options = options
        self.names = Names()
        base = Path(root).resolve()
        self.paths = StackPaths(root=base, state=base / state_dir)

    def up(self, say: Callable[[str], None] = lambda _: None) -> Record:
        """Start what does not run and wait until it works. Raises StartError with the end of a log.

        Where the worker or the API alone is gone, only that is started. If another process is gone, so is what the
        stack held: it starts anew, empty. What was found gone is said.
        """
        with self._alone():
            status = self.status()
            if status.up and status.record:
                return status.record
            gone = [name for name, runs in status.alive.items() if not runs]
            if status.record and status.record.ready and all(name in REPLACEABLE for name in gone):
                say(f"{_were(gone)} not running any more and {_is(gone)} started again; the rest stays as it is.")
                return self._restart(status.record, gone)
            if gone:
                say(f"{_were(gone)} not running any more: what the stack held is lost. It starts anew, empty.")
            self._clean(status.record)
            return self._start(say)

    def _start(self, say: Callable[[str], None]) -> Record:
        """All of it; nothing is left of a start that fails or is cut short."""
        launch = self._launch()
        try:
            return launch.everything(say)
        except BaseException:
            processes.stop(launch.started, seconds=5)
            self._clean(None)
            raise

    def _restart(self, record: Record, names: Sequence[str]) -> Record:
        """Put new processes in the place of some of the recorded ones, killing those that still run."""
        launch = self._launch()
        for name in names:
            processes.kill(record.process(name))
        try:
            for name in names:
                fresh = launch.again(name, record)
                record = replace(record, processes=(*(p for p in record.processes if p.name != name), fresh))
        except BaseException:
            processes.stop(launch.started, seconds=5)  # the record still names the dead: the next `up` tries again
            raise
        record.write(self.paths.record)
        return record

    def _launch(self) -> Launch:
        return Launch(paths=self.paths, names=self.names, options=self.options)

    def down(self) -> None:
        """Stop everything and forget its state; the logs stay."""
        with self._alone():
            self._clean(self.status().record)

    def status(self) -> Status:
        """What is recorded and what of it runs."""
        record = Record.read(self.paths.record)
        alive = {proc.name: processes.alive(proc) for proc in record.processes} if record else {}
        return Status(up=record is not None and record.ready and all(alive.values()), alive=alive, record=record)

    def kill_worker(self) -> None:
        """`kill -9` the process that runs the app's functions, as a crash would."""
        processes.kill(self._record().process("worker"))

    def restart(self, say: Callable[[str], None] = lambda _: None) -> Record:
        """Read contracts, code and settings anew: bring the tables up to date, start worker and API again. Says what.

        Raises StartError; a contract at fault is told, and what runs goes on as it is.
        """
        with self._alone():
            record = self._record()
            contracts = contracts_of(Path(record.app))
            for line in migrate(record.warehouse, self.paths.root / "sql", contracts) if record.warehouse else ():
                say(line)
            return self._restart(record, [proc.name for proc in record.processes if proc.name in REPLACEABLE])

    def restart_worker(self) -> Record:
        """Start the worker again on its port, killing it first if it runs. Its code and settings are read anew."""
        with self._alone():
            return self._restart(self._record(), ["worker"])

    def in_flight(self) -> dict[str, Any]:
        """How many invocations of each function run now and ran at most at once."""
        record = self._record()
        answer: dict[str, Any] = fetch(f"{record.ports.url('worker')}/in-flight", record.token_header)["functions"]
        return answer

    def _record(self) -> Record:
        record = Record.read(self.paths.record)
        if record is None:
            raise processes.StartError("the local stack is not up")
        return record

    def _clean(self, record: Record | None) -> None:
        """Stop what is left and remove what it kept."""
        processes.stop(record.processes if record else ())
        for path in (self.paths.record, self.paths.env, self.paths.tokens, self.paths.warehouse_ready):
            path.unlink(missing_ok=True)
        forget(self.paths.warehouse)
        for directory in (self.paths.warehouse, self.paths.scratch):
            shutil.rmtree(directory, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One change of a stack at a time."""
        make_private(self.paths.state)
        with open_private(self.paths.state / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _were(names: Sequence[str]) -> str:
    return f"The {' and the '.join(names)} {'was' if len(names) == 1 else 'were'}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def where(status: Status) -> str:
    """Where things are, for people."""
    record = status.record
    if record is None:
        return "The local stack is not up."
    processes_ = ", ".join(f"{name} {'runs' if runs else 'is DOWN'}" for name, runs in status.alive.items())
    lines = [
        f"The local stack is {'up' if status.up else 'NOT whole'}: {processes_}",
        f"  AWS       {record.ports.url('aws')}  (bucket {record.names.bucket})",
        f"  REST API  {record.ports.url('api')}  (tokens in {record.files['tokens']})",
        f"  settings  . {record.files['env']}",
        f"  logs      {record.files['logs']}",
    ]
    return "\n".join(lines)
