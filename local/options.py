"""Names, paths and options of a local stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.redshift.requests import DIRECT_LOADS

REGION = "eu-west-1"
ACCOUNT = "000000000000"
STAGE = "local"
DEAD_SUFFIX = "-dead"
"""Ending of a dead-letter queue's name, after its queue's name; infra has the same."""

LANDING = "on_incoming"
"""The function that the bucket notifies of each file that lands."""
CONTRACTS = "LANDFALL_CONTRACTS"
"""Variable with the folder of contracts that replace those of the app."""

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:landfall-{STAGE}"
"""The state machine of a stack whose runs are moved on by executions."""
SOURCE_MACHINE = f"{MACHINE}-read_source"
"""That which reads its sources."""
MACHINES: Mapping[str, str] = {"LANDFALL_STATE_MACHINE": MACHINE, "LANDFALL_SOURCE_MACHINE": SOURCE_MACHINE}

LAPTOP_SETTINGS: Mapping[str, str] = {
    "LANDFALL_STAGE": STAGE,
    "LANDFALL_CHUNK_MB": "8",  # small, so that chunks can be seen moving
    "LANDFALL_BACKOFF_SECONDS": "1",
    "LANDFALL_GROUP_SECONDS": "2",
    "LANDFALL_STUCK_SECONDS": "30",
    "LANDFALL_TOKEN_CACHE_SECONDS": "5",
}
"""Settings that differ from AWS's, so that work that takes minutes there can be watched here."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Names of the resources. They are the same in every local stack: each has an AWS of its own."""

    bucket: str = "landfall-landing"
    table: str = "landfall-runs"
    run_queue: str = "landfall-runs"
    chunk_queue: str = "landfall-chunks"
    source_queue: str = "landfall-sources"
    result_queue: str = "landfall-results.fifo"
    success_topic: str = f"arn:aws:sns:{REGION}:{ACCOUNT}:landfall-success"
    failure_topic: str = f"arn:aws:sns:{REGION}:{ACCOUNT}:landfall-failure"
    success_inbox: str = "landfall-success-inbox"
    """Queue subscribed to the success topic, so that its messages can be looked at."""
    failure_inbox: str = "landfall-failure-inbox"
    """The same for the failure topic."""
    tokens_secret: str = "landfall-tokens"
    db_secret: str = DIRECT_LOADS
    workgroup: str = "landfall"
    database: str = "dev"
    copy_role: str = f"arn:aws:iam::{ACCOUNT}:role/landfall-copy"

    def settings(self) -> dict[str, str]:
        """Return the names as the app's environment variables."""
        private = ("success_inbox", "failure_inbox")
        return {f"LANDFALL_{name.upper()}": value for name, value in asdict(self).items() if name not in private}


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a local stack."""

    app_dir: str = ""
    """Project directory of the Chalice app; the root if empty."""
    contracts: str = ""
    """Folder of contracts that replace those of the app; empty for the app's."""
    api_port: int = 0
    """Port of the REST API; 0 takes a free one."""
    functions: bool = True
    """Start the worker that runs the app's functions, and let events reach it."""
    api: bool = True
    """Start the REST API."""
    warehouse: bool = True
    """Start the Redshift stand-in and apply the migrations."""
    visibility_seconds: int = 30
    """How long a message stays with a worker that does not answer: the delay after `kill -9` of the worker."""
    sweep_seconds: int = 10
    """Period that replaces those of the app's schedules; 0 keeps the app's."""
    step_functions: bool = False
    """Let executions of a state machine move runs on, instead of messages."""
    by_rule: bool = False
    """Let a rule of EventBridge announce the files that land, instead of the bucket's notification."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """LANDFALL_* variables that override the laptop's own."""


@dataclass(frozen=True, kw_only=True)
class StackPaths:
    """Paths of a stack's files, all under its state directory."""

    root: Path
    """The repository."""
    state: Path
    """The state directory."""

    @property
    def record(self) -> Path:
        """The record of the running stack, as JSON."""
        return self.state / "stack.json"

    @property
    def ports(self) -> Path:
        """The ports of the last start. They stay when the stack goes down, so that the next one has the same ports."""
        return self.state / "ports.json"

    @property
    def env(self) -> Path:
        """The app's environment, for a shell to source."""
        return self.state / "env"

    @property
    def tokens(self) -> Path:
        """The API's tokens, by role."""
        return self.state / "tokens.json"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.state / "logs"

    @property
    def warehouse(self) -> Path:
        """The warehouse's data."""
        return self.state / "warehouse"

    @property
    def warehouse_ready(self) -> Path:
        """Written by the warehouse once it is up."""
        return self.state / "warehouse.json"

    @property
    def scratch(self) -> Path:
        """Temporary files of the processes."""
        return self.state / "tmp"
