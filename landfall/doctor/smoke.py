"""`landfall doctor --deployment`: a file of three rows, one of them bad, goes the whole way. Then it is undone.

Guarantees that only the object landfall_smoke is written. What cannot be removed is named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.contract_files.smoke import NAME
from landfall.doctor.report import Look, Report, Result, failure, good, warning
from landfall.faults import CommandError
from landfall.migration.warehouse import StatementError, Warehouse
from landfall.remote.api import Api, NoAnswerError, NotThereError, RefusedTokenError, segment
from landfall.remote.deployment import Deployment, advice

ROWS = "id,amount,checked_at\none,1.50,{now}\ntwo,-2.25,{now}\nbad,many,{now}\n"
BAD_LINE = 4
IN_TARGET = [["one", "1.50"], ["two", "-2.25"]]
TARGET_ROWS = "select id, cast(amount as varchar(16)) from landing.landfall_smoke order by id"
DELETE_ROWS = "delete from landing.landfall_smoke"
TOKEN_SECONDS = 60.0
"""The API reads the secret again before it refuses an unknown token, at most once in ten seconds."""
ANSWER_SECONDS = 30.0
FILE_SECONDS = 300.0
"""A warehouse that has slept takes a minute to wake."""
POLL_SECONDS = 1.0
STRANGER = "landfall-doctor-unknown"  # nosec B105 - it is none
LOGS = "look at the functions' logs, and at docs/operate/troubleshooting.md"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A deployment, and how its bucket and its warehouse are reached."""

    deployment: Deployment
    s3: Any
    warehouse: Warehouse | None = None
    """None if this command cannot reach it: the rows are not looked at, and stay."""
    new_token: bool = False
    """The authorizer may not know the token yet."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    @property
    def api(self) -> Api:
        return Api(deployment=self.deployment)


@dataclass(kw_only=True)
class Trial:
    """One file on its way."""

    site: Site
    key: str = ""
    status: dict[str, Any] = field(default_factory=dict)
    """The last that the API answered about its run."""

    @property
    def name(self) -> str:
        """The file's name. No other file has it, and not every proxy leaves a key with slashes as it is."""
        return self.key.rpartition("/")[2]


def smoke(site: Site) -> Report:
    """Let a file go the whole way, and undo it. A step after one that failed is not tried."""
    trial, looks = Trial(site=site), list[Look]()
    for step in STEPS:
        looks.append(_tried(step, trial))
        if looks[-1].result is Result.FAIL:
            break
    if trial.key:
        looks += undone(trial)
    return Report(looks=looks)


def _tried(step: Step, trial: Trial) -> Look:
    try:
        return step(trial)
    except CommandError as fault:
        return failure(step.__name__, fault.message, LOGS)
    except (BotoCoreError, ClientError) as error:
        return failure(
            step.__name__, f"AWS refuses: {error}{advice(error)}", "use credentials of the deployment's owner"
        )


def health(trial: Trial) -> Look:
    found = _known(trial.site)
    seen = f"stage {found['stage']} is {found['status']}"
    if not found["warehouse"]["reachable"]:
        return failure("health", f"{seen}; the warehouse does not answer", "see docs/operate/troubleshooting.md")
    return good("health", seen) if found["status"] == "ok" else warning("health", seen, "GET /health has the reason")


def _known(site: Site) -> dict[str, Any]:
    """Return the API's health. A token that is new may be unknown for a while, and an API without a call be slow."""
    give_up = site.clock() + (TOKEN_SECONDS if site.new_token else ANSWER_SECONDS)
    while True:
        try:
            return site.api.get("/health")
        except (NoAnswerError, RefusedTokenError) as fault:
            final = isinstance(fault, RefusedTokenError) and not site.new_token
            if final or site.clock() > give_up:
                raise
        site.sleep(POLL_SECONDS)


def token(trial: Trial) -> Look:
    """Look whether the API refuses a token that no operator has made."""
    stranger = Api(deployment=replace(trial.site.deployment, token=STRANGER))
    try:
        stranger.get("/health")
    except RefusedTokenError:
        return good("token", "an unknown token is refused")
    return failure("token", "the API answers to an unknown token", "deploy again: its authorizer is missing")


def lands(trial: Trial) -> Look:
    now = datetime.fromtimestamp(trial.site.clock(), UTC)
    trial.key = f"incoming/{NAME}/{NAME}-{now:%Y%m%dT%H%M%S%f}.csv"
    body = ROWS.replace("{now}", f"{now:%Y-%m-%dT%H:%M:%S}").encode()
    trial.site.s3.put_object(Bucket=trial.site.deployment.bucket, Key=trial.key, Body=body)
    return good("lands", f"three rows at {trial.key}")


def loaded(trial: Trial) -> Look:
    status = _followed(trial)
    if not status:
        fix = "deploy again: neither the bucket nor a rule calls on_incoming, or its log has the reason"
        return failure("loaded", f"the file has no run after {FILE_SECONDS:.0f} s", fix)
    state, rows, problem = status["state"], status["rows"], status["first_error"]
    if state != "LOADED":
        why = f": {problem['message']} ({problem['code']})" if problem else ""
        return failure("loaded", f"the file is {state}{why}", f"`landfall status {status['run_id']}`; {LOGS}")
    seen = f"{rows['read']} rows read = {rows['good']} good + {rows['rejected']} rejected"
    if (rows["read"], rows["good"], rows["rejected"], status["balanced"]) != (3, 2, 1, True):
        return failure("loaded", f"the books are wrong: {seen}", "run `landfall doctor --warehouse`")
    return good("loaded", seen)


def _followed(trial: Trial) -> dict[str, Any]:
    """Return the run's status when nothing is left to do, or as it is after FILE_SECONDS; empty without a run."""
    site = trial.site
    give_up = site.clock() + FILE_SECONDS
    while site.clock() <= give_up:
        try:
            trial.status = site.api.get(f"/status/{segment(trial.name)}")
        except (NotThereError, NoAnswerError):
            site.sleep(POLL_SECONDS)
            continue
        if trial.status["finished"]:
            break
        site.sleep(POLL_SECONDS)
    return trial.status


def rejects(trial: Trial) -> Look:
    found = trial.site.api.get(f"/rejects/{segment(trial.name)}")["rejects"]
    seen = ", ".join(f"line {one['line']}, column {one['column']}, code {one['code']}" for one in found)
    if [(one["line"], one["column"]) for one in found] != [(BAD_LINE, "amount")]:
        return failure("rejects", f"not the one bad row: {seen or 'no reject'}", LOGS)
    return good("rejects", seen)


def notified(trial: Trial) -> Look:
    """A run is finished when its outcome was notified and its file is in the archive."""
    if trial.status["finished"] and trial.status["archive"]:
        return good("notified", f"the outcome was sent; the file is at {trial.status['archive']}")
    return failure("notified", f"not after {FILE_SECONDS:.0f} s", f"look at the topics and the result queue; {LOGS}")


def target(trial: Trial) -> Look:
    warehouse = trial.site.warehouse
    if warehouse is None:
        return warning("target", "cannot be seen: the warehouse is not named", "name the stage (--stage)")
    try:
        found = [list(row) for row in warehouse.query(TARGET_ROWS)]
    except StatementError as error:
        return failure("target", f"the target cannot be read: {error.message}", "run `landfall migrate`")
    if found != IN_TARGET:
        return failure("target", f"other rows: {found}", "run `landfall doctor --warehouse`")
    return good("target", "both good rows are in landing.landfall_smoke")


Step = Callable[[Trial], Look]
STEPS: tuple[Step, ...] = (health, token, lands, loaded, rejects, notified, target)


def undone(trial: Trial) -> Iterator[Look]:
    """Remove the rows and the objects, and name what stays. A run that is still at work is left alone."""
    if trial.status and not trial.status["finished"]:
        fix = f"when it has ended, delete the objects of landfall_smoke (run {trial.status['run_id']})"
        yield warning("undone", "nothing: the run is still at work", fix)
        return
    stays = [text for text in (_rows_left(trial.site), _objects_left(trial)) if text]
    if stays:
        yield warning("undone", f"not all: {'; '.join(stays)}", "remove them by hand, or leave them: they do no harm")
    elif trial.status:
        yield good("undone", f"rows and objects; the record of run {trial.status['run_id']} and its ledger row stay")
    else:
        yield warning("undone", "the file only: its run is not known", "delete the objects of landfall_smoke by hand")


def _rows_left(site: Site) -> str:
    if site.warehouse is None:
        return "two rows in landing.landfall_smoke"
    try:
        site.warehouse.run([DELETE_ROWS])
    except (StatementError, BotoCoreError, ClientError) as error:
        return f"rows in landing.landfall_smoke ({error})"
    return ""


def _objects_left(trial: Trial) -> str:
    s3, bucket = trial.site.s3, trial.site.deployment.bucket
    try:
        for key in _keys(trial):
            s3.delete_object(Bucket=bucket, Key=key)
    except (BotoCoreError, ClientError) as error:
        return f"objects of landfall_smoke in s3://{bucket} ({error})"
    return ""


def _keys(trial: Trial) -> Iterator[str]:
    """Yield the file's key, and those of the objects that its run has made."""
    s3, bucket, status = trial.site.s3, trial.site.deployment.bucket, trial.status
    yield trial.key
    if not status:
        return
    for prefix in (f"processed/{NAME}/{status['load_id']}/", f"rejected/{NAME}/{status['load_id']}/"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (one["Key"] for one in page.get("Contents", []))
    if status["archive"]:
        yield str(status["archive"]).removeprefix(f"s3://{bucket}/")
