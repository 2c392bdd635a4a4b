"""The record of a running stack: `stack.json` keeps it from one command to the next."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local.access.private import write_private
from local.access.signatures import Credentials
from local.options import Names
from local.processes import Proc


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The loopback ports of a stack."""

    aws: int
    worker: int
    api: int
    redshift_data: int
    redshift_wire: int

    def url(self, name: str) -> str:
        """Return the URL of one of them."""
        return f"http://127.0.0.1:{getattr(self, name)}"

    def write(self, path: Path) -> None:
        """Write them for the next start."""
        write_private(path, json.dumps(asdict(self)) + "\n")

    @classmethod
    def read(cls, path: Path) -> Ports | None:
        """Read the ports of the last start; None if there are none, or they cannot be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None


@dataclass(frozen=True, kw_only=True)
class Record:
    """A stack, from its start to its end."""

    ready: bool
    """Whether everything works. Until then the stack is starting, or its start was interrupted."""
    ports: Ports
    names: Names
    processes: tuple[Proc, ...]
    app: str
    """Project directory of the Chalice app."""
    env: dict[str, str]
    """The environment in which the app uses this stack."""
    files: dict[str, str]
    """Paths of the shell environment, the tokens and the logs."""
    warehouse: dict[str, Any] = field(default_factory=dict)
    """Connection parameters of the warehouse: host, port, database, user, password."""

    @property
    def credentials(self) -> Credentials:
        """The credentials of its AWS."""
        return Credentials.from_env(self.env)

    @property
    def token_header(self) -> dict[str, str]:
        """The header that authenticates a process of the stack to another."""
        return self.credentials.token_header

    def process(self, name: str) -> Proc:
        """Return one of its processes."""
        return next(proc for proc in self.processes if proc.name == name)

    def write(self, path: Path) -> None:
        """Write the record. A reader sees the old or the new one, never half of it."""
        urls = {name: self.ports.url(name) for name in ("aws", "worker", "api", "redshift_data")}
        fresh = path.with_suffix(".new")
        write_private(fresh, json.dumps({"urls": urls, **asdict(self)}, indent=2) + "\n")
        fresh.replace(path)

    @classmethod
    def read(cls, path: Path) -> Record | None:
        """Read the record; None if there is none."""
        if not path.exists():
            return None
        read = json.loads(path.read_text())
        read.pop("urls")
        procs = tuple(Proc(**{**item, "command": tuple(item["command"])}) for item in read.pop("processes"))
        return cls(**{**read, "ports": Ports(**read["ports"]), "names": Names(**read["names"]), "processes": procs})
