"""An empty account, and a clone of the project to deploy to it from: what `make deploy` finds on a first day."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from local import processes
from local.environment import whole
from local.launch import Launch
from local.options import ACCOUNT, REGION, Names, Options, StackPaths
from local.record import Record
from local.redshift.account import forget
from tests.deployed.account import Account

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".landfall" / "deployed"
BUCKET = f"landfall-dev-{ACCOUNT}-{REGION}"
STACK = (
    "CreateWarehouse=false",
    "WorkgroupName=landfall-dev",
    f"WorkgroupArn=arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/local",
)
"""The warehouse is there already."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """The account, the clone and the warehouse."""

    record: Record
    account: Account
    clone: Path
    env: dict[str, str]

    def tried(self, *command: object) -> subprocess.CompletedProcess[str]:
        """A command in the clone, however it ends."""
        words = [str(word) for word in command]
        return subprocess.run(words, cwd=self.clone, env=self.env, capture_output=True, text=True, check=False)

    def run(self, *command: object) -> str:
        """A command in the clone. Returns what it printed."""
        done = self.tried(*command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def deploy(self, *parameters: str, stage: str = "dev") -> str:
        """`make deploy STAGE=dev` without its last step: a warm authorizer knows a new token after five minutes."""
        command = (sys.executable, "-m", "deploy.up", "--stage", stage, "--emulated", "--no-smoke")
        return self.run(*command, *parameters)

    def smoke(self) -> str:
        """`landfall doctor --deployment --stage dev`, with which `make deploy` ends."""
        return self.run(sys.executable, "-m", "landfall.main", "doctor", "--deployment", "--stage", "dev")

    def refused(self, *parameters: str, stage: str) -> str:
        """`make deploy` that makes nothing. Returns the reason."""
        before = self.account.inventory()
        done = self.tried(sys.executable, "-m", "deploy.up", "--stage", stage, "--emulated", *parameters)
        assert done.returncode == 1, done.stdout
        assert self.account.inventory() == before
        return done.stderr

    def infrastructure(self, *parameters: str) -> str:
        """`make infrastructure STAGE=dev`."""
        return self.deploy("--infrastructure", *parameters)

    def typed(self) -> subprocess.CompletedProcess[str]:
        """`chalice deploy --stage dev`, typed in the clone."""
        return self.tried(ROOT / ".venv/bin/chalice", "deploy", "--stage", "dev")

    def teardown(self, *options: str, stage: str = "dev") -> str:
        """`make teardown STAGE=dev`."""
        return self.run(sys.executable, "-m", "deploy.down", "--stage", stage, "--emulated", *options)

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.record.warehouse["dsn"]) as connection:
            return connection.execute(query).fetchall()

    def executions(self, machine: str, status: str) -> list[str]:
        """The names of a machine's executions of that status."""
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{machine}"
        found = self.account.client("stepfunctions").list_executions(stateMachineArn=arn, statusFilter=status)
        return [execution["name"] for execution in found["executions"]]

    def running(self) -> dict[str, psutil.Process]:
        """The processes of functions, by the function's name."""
        started = psutil.Process(self.record.process("ministack").pid).children(recursive=True)
        return {Path(p.cwd()).parent.name.removeprefix("ministack-lambda-").rpartition("-")[0]: p for p in started}


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    shutil.rmtree(STATE, ignore_errors=True)
    paths = StackPaths(root=ROOT, state=STATE)
    launch = Launch(paths=paths, names=Names(), options=Options())
    STATE.mkdir(parents=True)
    try:
        record = launch.empty()
        env = whole(record.env, paths)
        yield Site(record=record, account=Account(env=record.env), clone=_clone(STATE / "clone"), env=env)
    finally:
        processes.stop(launch.started)
        forget(paths.warehouse)
        shutil.rmtree(paths.scratch, ignore_errors=True)


def _clone(where: Path) -> Path:
    """The files that git knows, as they are now: what it ignores, a record of other deployments too, stays behind."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, where / name)
    (where / ".venv-uv").symlink_to(ROOT / ".venv-uv")
    return where
