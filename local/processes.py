"""Processes of a local stack: each has its own log, and is identified by id, time of creation and command.

Guarantees that only a recorded process is signalled: the system may have reused its id for another process.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.access.private import open_private

PORTS = range(20_000, 32_000)  # below the ports of outgoing connections, which could take one from us
STOP_SECONDS = 15.0
CLOCK_SLACK = 3.0  # seconds a time of creation may move: the system derives it from a clock that gets corrected


class StartError(Exception):
    """A process is not ready; the message ends with the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Proc:
    """A process that was started."""

    name: str
    pid: int
    born: float
    """Time of creation according to the system."""
    command: tuple[str, ...]
    """Its arguments, without the program's own path."""
    log: str


_children: dict[Proc, subprocess.Popen[bytes]] = {}  # kept so that a child's end can be collected


def free_ports(count: int) -> list[int]:
    """Return distinct loopback ports on which no process listens at the moment."""
    found: list[int] = []
    for port in random.sample(PORTS, 500):
        if port_is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise StartError(f"there are no {count} free ports between {PORTS.start} and {PORTS.stop}")


def port_is_free(port: int) -> bool:
    """Return whether a loopback port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def start(name: str, argv: list[str], *, env: Mapping[str, str], cwd: Path, logs: Path) -> Proc:
    """Start a process in a session of its own, so that Ctrl-C at the terminal does not reach it."""
    log = logs / f"{name}.log"
    with open_private(log, append=True) as out:
        child = subprocess.Popen(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    born = psutil.Process(child.pid).create_time()
    proc = Proc(name=name, pid=child.pid, born=born, command=tuple(argv[1:]), log=str(log))
    _children[proc] = child
    return proc


def find(proc: Proc) -> psutil.Process | None:
    """Return the recorded process if it still runs."""
    _collect()
    try:
        process = psutil.Process(proc.pid)
        return process if _is(process, proc) else None
    except psutil.Error:  # gone, or another user's, which may not be inspected
        return None


def _is(process: psutil.Process, proc: Proc) -> bool:
    if proc in _children:  # it needs no proof, and at first it does not even have a command line
        return True
    return (
        abs(process.create_time() - proc.born) < CLOCK_SLACK
        and process.status() != psutil.STATUS_ZOMBIE
        and tuple(process.cmdline()[1:]) == proc.command
    )


def alive(proc: Proc) -> bool:
    """Return whether it still runs."""
    return find(proc) is not None


def wait_ready(proc: Proc, ready: Callable[[], bool], *, seconds: float) -> None:
    """Wait until `ready` is true. Raises StartError with the end of the log if the process ends or takes too long."""
    until = time.monotonic() + seconds
    while not ready():
        if not alive(proc):
            raise StartError(f"{proc.name} ended while starting.\n{tail(proc.log)}")
        if time.monotonic() > until:
            raise StartError(f"{proc.name} was not ready after {seconds:.0f} s.\n{tail(proc.log)}")
        time.sleep(0.03)


def accepts(port: int) -> bool:
    """Return whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail(log: str, lines: int = 25) -> str:
    """Return the end of a log, with its name."""
    path = Path(log)
    text = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
    return "\n".join([f"--- end of {path}:", *text])


def stop(procs: Iterable[Proc], *, seconds: float = STOP_SECONDS) -> None:
    """Send SIGTERM to all, then SIGKILL to those that are left and to their children. Ignores ended processes."""
    found = [process for process in map(find, procs) if process is not None]
    families = [process.children(recursive=True) for process in found]
    _signal(found, signal.SIGTERM)
    _, left = psutil.wait_procs(found, timeout=seconds)
    orphans = [child for family in families for child in family if child.is_running()]
    if left:
        _signal([*left, *orphans], signal.SIGKILL)
        psutil.wait_procs([*left, *orphans], timeout=5)
    _collect()


def kill(proc: Proc) -> None:
    """Send SIGKILL at once. Ignores an ended process."""
    if process := find(proc):
        _signal([process], signal.SIGKILL)
        psutil.wait_procs([process], timeout=5)
    _collect()


def _signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        try:
            os.kill(process.pid, number) if process.is_running() else None
        except ProcessLookupError:
            continue


def _collect() -> None:
    """Collect ended children, so that they do not stay as zombies."""
    for proc in [proc for proc, child in list(_children.items()) if child.poll() is not None]:
        del _children[proc]
