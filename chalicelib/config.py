"""Settings: read once from the environment, checked as a whole, frozen.

Each field is set by the environment variable `LANDFALL_<FIELD>`. docs/reference/settings.md lists them, and a test
holds that it lists all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from chalicelib.domain.contract.key_pattern import PatternError, compile_pattern
from chalicelib.domain.contract.load_window import window_fault

BESIDE_THE_DATA = (
    "_SUCCESS,_started_*,_committed_*,**/_temporary/**,*_$folder$,*.crc,*.md5,*.sha256,*.ctl,*.tmp,*.filepart,*.partial"
)

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class SettingsError(Exception):
    """One or more settings are faulty; the message names each of them."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The values that differ from one deployment to the next."""

    stage: str = "dev"
    """Deployment stage; part of names and of each log line."""
    bucket: str
    """The landing bucket; outputs have prefixes of their own in it."""
    table: str
    """DynamoDB table of runs and chunks."""
    run_queue: str
    """SQS queue (name) of runs to be moved on."""
    chunk_queue: str
    """SQS queue (name) of chunks to be staged."""
    source_queue: str = ""
    """SQS queue (name) of sources to be read."""
    state_machine: str = ""
    """Step Functions state machine (ARN) whose executions move runs on; empty if messages of the run queue do."""
    source_machine: str = ""
    """State machine (ARN) whose executions read sources, beside that of runs."""
    success_topic: str
    """SNS topic (ARN) for the business."""
    failure_topic: str
    """SNS topic (ARN) for support."""
    result_queue: str = ""
    """Optional SQS FIFO queue (name) that receives one message per finished run."""
    tokens_secret: str
    """Secrets Manager secret (name) with the API's bearer tokens."""
    workgroup: str = ""
    """Redshift Serverless workgroup; or else `cluster`."""
    cluster: str = ""
    """Provisioned Redshift cluster identifier."""
    database: str = "dev"
    """Redshift database."""
    db_user: str = ""
    """Database user, for a provisioned cluster with temporary credentials."""
    db_secret: str = ""
    """Secrets Manager ARN with database credentials, instead of IAM."""
    warehouse_host: str = ""
    """Host of the warehouse, maybe with a port, for direct loads; they log in by `db_secret`."""
    copy_role: str
    """IAM role (ARN) that COPY assumes to read the bucket."""
    chunk_mb: float = 50.0
    """MB (10^6 bytes) of source per chunk, unless the contract sets it."""
    max_reopened_chunks: int = 1_000
    """Chunks of one file that are staged again because a cut was guessed wrong; with more the run ends FAILED."""
    ignore: str = BESIDE_THE_DATA
    """Patterns, with commas between them, of files beside the data: they get no run, unless a contract names them."""
    max_attempts: int = 4
    """Tries of one message in all: the first and three more."""
    backoff_seconds: float = 10.0
    """Pause before the second try; it doubles with each one, with jitter."""
    max_load_attempts: int = 5
    """Transactions submitted before a load with passing failures ends FAILED."""
    copy_rounds: int = 3
    """How often rows that COPY refuses are taken out of a file; if it refuses more, the file ends FAILED."""
    group_files: int = 500
    """The most files that one transaction loads together."""
    group_mb: float = 2_000.0
    """The most MB (10^6 bytes) of source that one transaction loads together; a larger file is loaded alone."""
    group_seconds: float = 10.0
    """While many files arrive, seconds that a ready file waits for others to load in the same transaction."""
    load_every_seconds: float = 0.0
    """Load windows of contracts without `load_every`, in seconds; 0 loads a file as soon as it is ready."""
    load_timeout_seconds: float = 7_200.0
    """A load statement running longer than this is cancelled and tried again."""
    stuck_seconds: float = 900.0
    """The sweep moves on a run that has not changed for this long."""
    sweep_budget_seconds: float = 200.0
    """The sweep stops after this long, and the next one continues there: less than its function's timeout."""
    source_file_mb: float = 16.0
    """Pages of a source are joined to files of at least this many MB (10^6 bytes) while there is time."""
    extract_budget_seconds: float = 600.0
    """A worker stops reading a source after this long, and the next one continues: less than its function's timeout."""
    give_up_hours: float = 24.0
    """An unfinished run older than this is FAILED when a step fails again."""
    dashboard_url: str = ""
    """Address of the dashboard in CloudWatch, returned by GET /health."""
    token_cache_seconds: float = 300.0
    """How long the API keeps the tokens it read from the secret."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """The patterns of `ignore`."""
        return tuple(pattern.strip() for pattern in self.ignore.split(",") if pattern.strip())

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read settings from an environment. Raises SettingsError that names every missing or malformed variable."""
        values: dict[str, str | int | float] = {}
        faults: list[str] = []
        for f in fields(cls):
            name = f"LANDFALL_{f.name.upper()}"
            text = env.get(name)
            if text is None:
                if f.default is MISSING:
                    faults.append(f"{name} is not set")
                continue
            try:
                values[f.name] = {"str": str, "int": int, "float": float}[str(f.type)](text)
            except ValueError:
                faults.append(f"{name} must be a number of type {f.type}")
        if fault := window_fault(float(values.get("load_every_seconds", 0.0))):
            faults.append(f"LANDFALL_LOAD_EVERY_SECONDS: {fault}")
        if not (env.get("LANDFALL_WORKGROUP") or env.get("LANDFALL_CLUSTER")):
            faults.append("LANDFALL_WORKGROUP or LANDFALL_CLUSTER must name the warehouse")
        if env.get("LANDFALL_WAREHOUSE_HOST"):
            faults += _bad_host(env["LANDFALL_WAREHOUSE_HOST"], env.get("LANDFALL_DB_SECRET", ""))
        faults += _bad_patterns(str(values.get("ignore", "")))
        if faults:
            raise SettingsError("; ".join(faults))
        return cls(**values)  # type: ignore[arg-type]


def _bad_host(host: str, secret: str) -> list[str]:
    faults = [] if secret else ["LANDFALL_WAREHOUSE_HOST needs LANDFALL_DB_SECRET, whose user loads there"]
    if not _HOST.fullmatch(host):
        faults.append("LANDFALL_WAREHOUSE_HOST must be a host, or host:port")
    return faults


def _bad_patterns(ignore: str) -> list[str]:
    faults = []
    for pattern in filter(None, map(str.strip, ignore.split(","))):
        try:
            compile_pattern(pattern)
        except PatternError as error:
            faults.append(f"LANDFALL_IGNORE: {pattern} {error}")
    return faults
