"""Starts the processes of a local stack and makes the resources they need."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import psutil

from chalicelib.config import Settings
from chalicelib.domain.contract.routing import landing_prefixes
from local import processes
from local.access.private import make_private, write_private
from local.access.signatures import Credentials
from local.aws.functions import from_json
from local.aws.provision import Provision
from local.aws.wiring import Wiring
from local.environment import exported, of_aws, shell_lines, whole
from local.http import answers, fetch
from local.options import CONTRACTS, STAGE, Names, Options, StackPaths
from local.processes import Proc, accepts, start, wait_ready
from local.record import Ports, Record
from local.warehouse import contracts_of, migrate

READY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One start of a stack. `started` has the processes that it has started so far."""

    paths: StackPaths
    names: Names
    options: Options
    credentials: Credentials = field(default_factory=Credentials.fresh)
    """Credentials of the AWS, new with each start."""
    started: list[Proc] = field(default_factory=list)

    def everything(self, report: Callable[[str], None]) -> Record:
        """Start all processes at once, then connect them in order. `report` receives what is left to the operator."""
        record = self._start_all()
        record.write(self.paths.record)  # so that an interrupted start can be cleaned up
        contracts = contracts_of(Path(record.app), record.env.get(CONTRACTS, ""))
        wiring = self._provision(record, landing_prefixes(contracts))
        if self.options.functions:
            self.wait_worker(record.process("worker"), record)
            wiring.connect(from_json(fetch(record.ports.url("worker") + "/functions", record.token_header)))
        if self.options.warehouse:
            record = replace(record, warehouse=self._wait_warehouse(record))
            wiring.provision.login(record.warehouse["loader_login"])
            for line in migrate(record.warehouse, record.credentials, contracts, self.paths.root / "sql"):
                if line.startswith("!"):
                    report(line)
        if self.options.api:
            self.wait_api(record.process("api"), record.ports)
        record = replace(record, ready=True)
        record.write(self.paths.record)
        return record

    def empty(self) -> Record:
        """Start an empty AWS, and a warehouse without tables, for a deployment that brings all the rest.

        Uploaded code is invoked there, in ministack's own processes.
        """
        self._clear_folders()
        ports = self._ports()
        env = of_aws(exported(ports, self.names, self.options, self.credentials))
        self._ministack(ports, env, worker=False)
        if self.options.warehouse:
            self._warehouse(ports, env)
        record = self._record(ports, env, app="")
        self._wait_ministack(record)
        warehouse = self._wait_warehouse(record) if self.options.warehouse else {}
        return replace(record, ready=True, warehouse=warehouse)

    def again(self, name: str, record: Record) -> Proc:
        """Start the worker or the API again at its old address. They keep no state."""
        if name == "worker":
            proc = self.worker(record.ports, Path(record.app), record.env)
            self.wait_worker(proc, record)
            return proc
        proc = self.api(record.ports, Path(record.app), record.env)
        self.wait_api(proc, record.ports)
        return proc

    def worker(self, ports: Ports, app: Path, env: dict[str, str]) -> Proc:
        """Start the process that runs the app's functions."""
        # Of this process alone: in a shell the command line would read it, too.
        env = {"LANDFALL_WAREHOUSE_HOST": f"127.0.0.1:{ports.redshift_wire}", **env}
        return self._python(
            "worker", env, "-m", "local.aws.invoke", "--port", ports.worker, "--app", app, "--stage", STAGE,
            "--memory-mb", _half_of_memory_mb(),
        )  # fmt: skip

    def wait_worker(self, worker: Proc, record: Record) -> None:
        """Wait until it can be invoked."""
        url = record.ports.url("worker") + "/functions"
        wait_ready(worker, lambda: answers(url, record.token_header), seconds=READY_SECONDS)

    def api(self, ports: Ports, app: Path, env: dict[str, str]) -> Proc:
        """Start the process that serves the REST API."""
        return self._python("api", env, "-m", "local.aws.api", "--port", ports.api, "--app", app, "--stage", STAGE)

    def wait_api(self, api: Proc, ports: Ports) -> None:
        """Wait until it accepts connections."""
        wait_ready(api, lambda: accepts(ports.api), seconds=READY_SECONDS)

    def _start_all(self) -> Record:
        self._clear_folders()
        ports, app = self._ports(), (self.paths.root / self.options.app_dir).resolve()
        env = exported(ports, self.names, self.options, self.credentials)
        self._write_secrets(ports, env)
        self._ministack(ports, env, worker=True)
        if self.options.functions:
            self.worker(ports, app, env)
        if self.options.warehouse:
            self._warehouse(ports, env)
        if self.options.api:
            self.api(ports, app, env)
        return self._record(ports, env, app=str(app))

    def _clear_folders(self) -> None:
        make_private(self.paths.state)
        for directory in (self.paths.logs, self.paths.scratch):
            make_private(directory)
        for old in self.paths.logs.glob("*.log"):
            old.unlink()

    def _record(self, ports: Ports, env: dict[str, str], app: str) -> Record:
        return Record(
            ready=False, ports=ports, names=self.names, processes=tuple(self.started), app=app, env=env,
            files={name: str(getattr(self.paths, name)) for name in ("env", "tokens", "logs")},
        )  # fmt: skip

    def _write_secrets(self, ports: Ports, env: dict[str, str]) -> None:
        """Write fresh tokens, and the environment of a shell that uses the stack. Only this user can read both."""
        tokens = {role: secrets.token_urlsafe(24) for role in ("reader", "operator")}
        caller = {"LANDFALL_API_URL": ports.url("api"), "LANDFALL_TOKEN": tokens["operator"]}
        for path, text in (
            (self.paths.tokens, json.dumps(tokens) + "\n"),
            (self.paths.env, shell_lines({**env, **caller})),
        ):
            write_private(path, text)

    def _ports(self) -> Ports:
        """Choose the ports of the last time if they are free, so that a shell with their addresses stays valid."""
        found = free_or_other(Ports.read(self.paths.ports))
        if self.options.api_port:
            found = replace(found, api=self.options.api_port)
            if not processes.port_is_free(found.api):
                raise processes.StartError(f"port {found.api} is taken; choose another one for the REST API")
        found.write(self.paths.ports)
        return found

    def _ministack(self, ports: Ports, env: dict[str, str], *, worker: bool) -> None:
        program = self.paths.root / ".venv-ministack" / "bin" / "python"
        if not program.exists():
            raise processes.StartError("there is no .venv-ministack yet: run `sh scripts/setup`")
        script = Path(__file__).with_name("aws") / "ministack_main.py"
        # Uploaded functions get their settings from their deployment, not from here.
        # -P keeps the script's directory off the path: a module of ours must not stand in for one of ministack's.
        self._start(
            "ministack", of_aws(env), program, "-P", script, "--port", ports.aws,
            "--redshift-data-url", ports.url("redshift_data"), "--memory-mb", _half_of_memory_mb(),
            *(("--worker-url", ports.url("worker")) if worker else ()),
        )  # fmt: skip

    def _warehouse(self, ports: Ports, env: dict[str, str]) -> None:
        self._python(
            "warehouse", env, "-m", "local.redshift", "--data", self.paths.warehouse,
            "--api-port", ports.redshift_data, "--wire-port", ports.redshift_wire,
            "--s3-endpoint", ports.url("aws"), "--events-endpoint", ports.url("aws"),
            "--ready-file", self.paths.warehouse_ready,
        )  # fmt: skip

    def _provision(self, record: Record, folders: Sequence[str]) -> Wiring:
        """Make the resources, once ministack is up. Return the wiring of the functions to them."""
        self._wait_ministack(record)
        settings = Settings.from_env(record.env)
        provision = Provision(
            endpoint=record.ports.url("aws"),
            credentials=self.credentials,
            names=self.names,
            visibility_seconds=self.options.visibility_seconds,
            max_attempts=settings.max_attempts,
            api_tokens=json.loads(self.paths.tokens.read_text()),
        )
        provision.everything()
        return Wiring(
            provision=provision,
            worker_url=record.ports.url("worker"),
            sweep_seconds=self.options.sweep_seconds,
            folders=folders,
            by_rule=self.options.by_rule,
            backoff_seconds=settings.backoff_seconds,
            machines=self.paths.root / "infra" if self.options.step_functions else None,
        )

    def _wait_ministack(self, record: Record) -> None:
        ready = record.ports.url("aws") + "/_ministack/ready"
        wait_ready(record.process("ministack"), lambda: answers(ready, record.token_header), seconds=READY_SECONDS)

    def _wait_warehouse(self, record: Record) -> dict[str, object]:
        ready = self.paths.warehouse_ready
        wait_ready(record.process("warehouse"), ready.exists, seconds=READY_SECONDS)
        where: dict[str, object] = json.loads(ready.read_text())
        return where

    def _python(self, name: str, env: dict[str, str], *arguments: object) -> Proc:
        return self._start(name, env, sys.executable, *arguments)

    def _start(self, name: str, env: dict[str, str], *argv: object) -> Proc:
        proc = start(
            name, [str(a) for a in argv], env=whole(env, self.paths), cwd=self.paths.root, logs=self.paths.logs
        )
        self.started.append(proc)
        return proc


def free_or_other(last: Ports | None) -> Ports:
    """Return the ports of the last time, with another one for each that is in use by now."""
    names = [field.name for field in fields(Ports)]
    kept = {name: getattr(last, name) for name in names if last and processes.port_is_free(getattr(last, name))}
    other = [port for port in processes.free_ports(len(names) * 2) if port not in kept.values()]
    return Ports(**{**dict(zip(names, other, strict=False)), **kept})


def _half_of_memory_mb() -> int:
    """Return the memory limit of one process, so that the machine stays usable in any case."""
    return int(psutil.virtual_memory().total >> 21)
