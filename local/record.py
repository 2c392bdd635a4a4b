"""What is running, as `stack.json` keeps it from one command to the next."""

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
        """Where one of them is reached."""
        return f"http://127.0.0.1:{getattr(self, name)}"

    def write(self, path: Path) -> None:
        """Keep them for the next start."""
        write_private(path, json.dumps(asdict(self)) + "\n")

    @classmethod
    def read(cls, path: Path) -> Ports | None:
        """What was kept, or None if nothing was, or nothing that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None


@dataclass(frozen=True, kw_only=True)
class Record:
    """A stack, from its start to its end."""

    ready: bool
    """Everything works; before that it is being started, or its start was cut short."""
    ports: Ports
    names: Names
    processes: tuple[Proc, ...]
    app: str
    """Project directory of the Chalice app."""
    env: dict[str, str]
    """What the app needs in its environment to use this stack."""
    files: dict[str, str]
    """Where the shell environment, the tokens and the logs are."""
    warehouse: dict[str, Any] = field(default_factory=dict)
    """How to connect to the warehouse: host, port, database, user, password."""

    @property
    def credentials(self) -> Credentials:
        """Those of its AWS."""
        return Credentials.from_env(self.env)

    @property
    def token_header(self) -> dict[str, str]:
        """What a process of the stack sends to another."""
        return self.credentials.token_header

    def process(self, name: str) -> Proc:
        """One of its processes."""
        return next(proc for proc in self.processes if proc.name == name)

    def write(self, path: Path) -> None:
        """Keep it; a reader sees the old or the new, never half of it."""
        urls = {name: self.ports.url(name) for name in ("aws", "worker", "api", "redshift_data")}
        fresh = path.with_suffix(".new")
        write_private(fresh, json.dumps({"urls": urls, **asdict(self)}, indent=2) + "\n")
        fresh.replace(path)

    @classmethod
    def read(cls, path: Path) -> Record | None:
        """What was kept, or None."""
        if not path.exists():
            return None
        said = json.loads(path.read_text())
        said.pop("urls")
        procs = tuple(Proc(**{**item, "command": tuple(item["command"])}) for item in said.pop("processes"))
        return cls(**{**said, "ports": Ports(**said["ports"]), "names": Names(**said["names"]), "processes": procs})
