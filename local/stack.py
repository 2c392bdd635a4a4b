"""The whole pipeline on this machine: `Stack(root).up()`, or `python -m local` (its verbs are in `local/__main__.py`).

Four processes, on loopback ports of their own: **ministack** is AWS, **warehouse** is Redshift, **worker** runs the
app's functions, **api** serves its REST API. Several stacks run at once with state directories of their own.

State lives as long as the stack is up: `down` deletes objects, messages, records and tables together, so that no record
can name rows that are gone. The worker and the API may die and be started again in between; they keep no state.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chalicelib.domain.contract.routing import landing_prefixes
from local import processes
from local.access.private import make_private, open_private
from local.aws.wiring import notify_of
from local.http import fetch
from local.launch import Launch
from local.options import CONTRACTS, Names, Options, StackPaths
from local.record import Record
from local.redshift.account import forget
from local.warehouse import contracts_of, migrate

_PLAIN = Options()
REPLACEABLE = ("worker", "api")
"""Processes that keep no state: the next `up` starts them again, and the rest stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """Whether a stack is up, and which of its processes run."""

    up: bool
    """Whether all of its processes run."""
    alive: dict[str, bool]
    """Whether each recorded process runs, by name."""
    record: Record | None
    """The record of the stack, if there is one."""


class Stack:
    """A local stack, identified by its state directory."""

    def __init__(self, root: str | Path, state_dir: str | Path = ".landfall", *, options: Options = _PLAIN) -> None:
        self.options = options
        self.names = Names()
        base = Path(root).resolve()
        self.paths = StackPaths(root=base, state=base / state_dir)

    def up(self, report: Callable[[str], None] = lambda _: None) -> Record:
        """Start what does not run and wait until it works. Raises StartError with the end of a log.

        If only the worker or the API is gone, only that is started. If another process is gone, the stack's state is
        lost: the stack starts again, empty. `report` receives a line about processes that are gone.
        """
        with self._alone():
            status = self.status()
            if status.up and status.record:
                return status.record
            gone = [name for name, runs in status.alive.items() if not runs]
            if status.record and status.record.ready and all(name in REPLACEABLE for name in gone):
                report(f"{_were(gone)} not running any more and {_is(gone)} started again; the rest stays as it is.")
                return self._restart(status.record, gone)
            if gone:
                report(f"{_were(gone)} not running any more: what the stack held is lost. It starts again, empty.")
            self._clean(status.record)
            return self._start(report)

    def _start(self, report: Callable[[str], None]) -> Record:
        """Start everything. A start that fails or is interrupted leaves nothing behind."""
        launch = self._launch()
        try:
            return launch.everything(report)
        except BaseException:
            processes.stop(launch.started, seconds=5)
            self._clean(None)
            raise

    def _restart(self, record: Record, names: Sequence[str]) -> Record:
        """Replace some of the recorded processes by new ones, and kill those that still run."""
        launch = self._launch()
        for name in names:
            processes.kill(record.process(name))
        try:
            for name in names:
                fresh = launch.again(name, record)
                record = replace(record, processes=(*(p for p in record.processes if p.name != name), fresh))
        except BaseException:
            processes.stop(launch.started, seconds=5)  # the record still has the dead ones: the next `up` tries again
            raise
        record.write(self.paths.record)
        return record

    def _launch(self) -> Launch:
        return Launch(paths=self.paths, names=self.names, options=self.options)

    def down(self) -> None:
        """Stop everything and delete its state; the logs stay."""
        with self._alone():
            self._clean(self.status().record)

    def status(self) -> Status:
        """Return the record, and which of its processes run."""
        record = Record.read(self.paths.record)
        alive = {proc.name: processes.alive(proc) for proc in record.processes} if record else {}
        return Status(up=record is not None and record.ready and all(alive.values()), alive=alive, record=record)

    def kill_worker(self) -> None:
        """`kill -9` the process that runs the app's functions, as a crash would."""
        processes.kill(self._record().process("worker"))

    def restart(self, report: Callable[[str], None] = lambda _: None) -> Record:
        """Reload contracts, code and settings: bring the tables up to date, and start worker and API again.

        `report` receives a line for each change of the tables. Raises StartError, also for a contract at fault. Then
        the running processes go on as they are.
        """
        with self._alone():
            record = self._record()
            sql = self.paths.root / "sql"
            contracts = contracts_of(Path(record.app), record.env.get(CONTRACTS, ""))
            for line in migrate(record.warehouse, record.credentials, contracts, sql) if record.warehouse else ():
                report(line)
            notify_of(landing_prefixes(contracts), record)
            return self._restart(record, [proc.name for proc in record.processes if proc.name in REPLACEABLE])

    def restart_worker(self) -> Record:
        """Start the worker again on its port, and kill it first if it runs. It reloads code and settings."""
        with self._alone():
            return self._restart(self._record(), ["worker"])

    def in_flight(self) -> dict[str, Any]:
        """Return how many invocations of each function run now, and ran at most at once."""
        record = self._record()
        answer: dict[str, Any] = fetch(f"{record.ports.url('worker')}/in-flight", record.token_header)["functions"]
        return answer

    def _record(self) -> Record:
        record = Record.read(self.paths.record)
        if record is None:
            raise processes.StartError("the local stack is not up")
        return record

    def _clean(self, record: Record | None) -> None:
        """Stop the processes that are left, and delete their state."""
        processes.stop(record.processes if record else ())
        for path in (self.paths.record, self.paths.env, self.paths.tokens, self.paths.warehouse_ready):
            path.unlink(missing_ok=True)
        forget(self.paths.warehouse)
        for directory in (self.paths.warehouse, self.paths.scratch):
            shutil.rmtree(directory, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock the stack: one change at a time."""
        make_private(self.paths.state)
        with open_private(self.paths.state / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _were(names: Sequence[str]) -> str:
    return f"The {' and the '.join(names)} {'was' if len(names) == 1 else 'were'}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def where(status: Status) -> str:
    """Describe the stack's addresses and files for the operator."""
    record = status.record
    if record is None:
        return "The local stack is not up."
    processes_ = ", ".join(f"{name} {'runs' if runs else 'is DOWN'}" for name, runs in status.alive.items())
    lines = [
        f"The local stack is {'up' if status.up else 'INCOMPLETE'}: {processes_}",
        f"  AWS       {record.ports.url('aws')}  (bucket {record.names.bucket})",
        f"  REST API  {record.ports.url('api')}  (tokens in {record.files['tokens']})",
        f"  settings  . {record.files['env']}",
        f"  logs      {record.files['logs']}",
    ]
    return "\n".join(lines)
