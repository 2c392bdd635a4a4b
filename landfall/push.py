"""`landfall push`: put a local file where its object's files land."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import compile_pattern
from chalicelib.domain.contract.routing import route
from chalicelib.domain.contract_files.contract_file import Contracts
from landfall.api import Api, NotThereError, segment
from landfall.contracts import known, shipped
from landfall.deployment import Deployment, advice, find
from landfall.faults import ExitCode, absent, usage
from landfall.meter import Meter
from landfall.runs import END_STATES, Status, argument, exit_of, follow, missing, patiently, tell, version_of
from landfall.screen import moment, say, say_json, size

WHOLE_BYTES = 8_000_000
"""Up to this size a file goes in one request, more in parts."""


@dataclass(frozen=True, kw_only=True)
class Push:
    """What was asked for."""

    file: Path
    object: str
    key: str
    wait: bool


def push(asked: Push, *, as_json: bool) -> ExitCode:
    """Upload, and follow the run if asked to. Raises CommandError."""
    if asked.file.is_dir():
        raise absent(f"{asked.file} is a folder: name a file in it")
    deployment, contracts = find(api=asked.wait, bucket=True), shipped()
    contract = known(contracts, asked.object)
    name = asked.file.name
    key = checked_key(contracts, contract, asked.key) if asked.key else landing_key(contracts, contract, name)
    api = Api(deployment=deployment)
    before = known_run(api, key) if asked.wait else None
    etag = upload(deployment, asked.file, key, quiet=as_json)
    where = {"file": str(asked.file), "bucket": deployment.bucket, "key": key, "etag": etag}
    if not asked.wait:
        say_json(where) if as_json else say(f"landed at s3://{deployment.bucket}/{key}")
        return ExitCode.OK
    if before and etag and before["version"]["etag"] == etag and before["state"] in END_STATES:
        return again(before, as_json=as_json)
    status = follow(version_of(api, key, etag), missing(api, key), quiet=as_json)
    tell(status, as_json=as_json)
    return exit_of(status)


def known_run(api: Api, key: str) -> Status | None:
    """The run of what is at that key by now, if there is one. Raises CommandError."""
    try:
        return patiently(lambda: api.get(f"/status/{segment(key)}"))
    except NotThereError:
        return None


def again(status: Status, *, as_json: bool) -> ExitCode:
    """The same content had its run: the same again changes nothing."""
    when, state = moment(status["updated_at"]), status["state"]
    if as_json:
        say_json(status)
    elif exit_of(status) is ExitCode.OK:
        say(f"already {state.lower()} at {when}: same content, nothing to do (run {status['run_id']})")
    else:
        tell(status, as_json=False)
        say(f"same content as at {when}: nothing to do; `landfall rerun {argument(status)}` runs it again")
    return exit_of(status)


def landing_key(contracts: Contracts, contract: Contract, name: str) -> str:
    """The key at which a file of that name lands as that object. Raises CommandError if no pattern takes it."""
    for pattern in contract.lands_at:
        folder = compile_pattern(pattern).prefix.rpartition("/")[0]
        key = f"{folder}/{name}" if folder else name
        if _routes(contracts, key, contract):
            return key
    raise usage(
        f"no file called {name} lands as {contract.name}: its patterns are {', '.join(contract.lands_at)};"
        " rename it, or say --key"
    )


def checked_key(contracts: Contracts, contract: Contract, key: str) -> str:
    """A key as it was asked for. Raises CommandError if files there are of another object, or of none."""
    if _routes(contracts, key, contract):
        return key
    raise usage(f"a file at {key} is not taken as {contract.name}: its patterns are {', '.join(contract.lands_at)}")


def upload(deployment: Deployment, path: Path, key: str, *, quiet: bool = False) -> str:
    """Upload with a progress line on a terminal. Returns the object's ETag, if it can be had. Raises CommandError."""
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError

    if not path.is_file():
        raise absent(f"{path} does not exist, or is not a file")
    client, bucket = deployment.client("s3"), deployment.bucket
    try:
        if path.stat().st_size <= WHOLE_BYTES:
            answer = client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        else:
            with Meter(quiet=quiet) as meter:
                client.upload_file(str(path), bucket, key, Callback=_Sent(meter, path))
            answer = client.head_object(Bucket=bucket, Key=key)
        return str(answer["ETag"]).strip('"')
    except (BotoCoreError, ClientError, S3UploadFailedError) as error:
        if _gone(error):
            return ""  # taken to the archive already
        raise absent(f"the upload to s3://{bucket}/{key} failed: {error}{advice(error)}") from None


def _gone(error: Exception) -> bool:
    answer: dict[str, Any] = getattr(error, "response", {})
    return bool(answer.get("Error", {}).get("Code") in ("404", "NoSuchKey", "NotFound"))


def _routes(contracts: Contracts, key: str, contract: Contract) -> bool:
    found = route(contracts, key)
    return found is not None and found.contract.name == contract.name


class _Sent:
    """Shows how much of a file is sent; boto3 calls it from its threads, each with the bytes of a part."""

    def __init__(self, meter: Meter, path: Path) -> None:
        self._meter, self._name, self._total, self._done = meter, path.name, path.stat().st_size, 0

    def __call__(self, sent: int) -> None:
        self._done += sent
        self._meter.show(f"sending {self._name}: {size(self._total)}", 100 * self._done / self._total)
