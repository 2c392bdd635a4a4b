"""`landfall push`: uploads a local file to where its object's files land."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract.key_pattern import compile_pattern
from chalicelib.domain.contract.routing import route
from chalicelib.domain.contract_files.contract_file import Contracts
from landfall.contracts import known, shipped
from landfall.faults import ExitCode, absent, usage
from landfall.remote.api import Api, NotThereError, segment
from landfall.remote.deployment import Deployment, advice, find
from landfall.remote.meter import Meter
from landfall.remote.runs import (
    END_STATES,
    Status,
    argument,
    exit_of,
    follow,
    missing,
    patiently,
    print_status,
    version_of,
)
from landfall.screen import moment, print_json, print_lines, size

WHOLE_BYTES = 8_000_000
"""A file of up to this size is sent in one request, a larger one in parts."""


@dataclass(frozen=True, kw_only=True)
class Push:
    """The options of the command."""

    file: Path
    object: str
    key: str
    wait: bool


def push(request: Push, *, as_json: bool) -> ExitCode:
    """Upload a file; with `wait`, follow its run. Raises CommandError."""
    if request.file.is_dir():
        raise absent(f"{request.file} is a folder: name a file in it")
    deployment, contracts = find(api=request.wait, bucket=True), shipped()
    contract = known(contracts, request.object)
    name = request.file.name
    key = checked_key(contracts, contract, request.key) if request.key else landing_key(contracts, contract, name)
    where = f"s3://{deployment.bucket}/{key}"
    if not request.wait:
        etag = upload(deployment, request.file, key, quiet=as_json)
        sent = {"file": str(request.file), "bucket": deployment.bucket, "key": key, "etag": etag}
        print_json(sent) if as_json else print_lines(f"landed at {where}")
        return ExitCode.OK
    status, known_before = send(Api(deployment=deployment), request.file, key, quiet=as_json)
    if known_before:
        return again(status, as_json=as_json)
    print_status(status, as_json=as_json)
    return exit_of(status)


def send(api: Api, path: Path, key: str, *, quiet: bool) -> tuple[Status, bool]:
    """Upload a file and follow its run to the end. Return it, and whether the same content had its run before."""
    before = known_run(api, key)
    etag = upload(api.deployment, path, key, quiet=quiet)
    if before and etag and before["version"]["etag"] == etag and before["state"] in END_STATES:
        return before, True
    return follow(version_of(api, key, etag), missing(api, key), quiet=quiet), False


def known_run(api: Api, key: str) -> Status | None:
    """Return the run of the key's current content; None if there is none. Raises CommandError."""
    try:
        return patiently(lambda: api.get(f"/status/{segment(key)}"))
    except NotThereError:
        return None


def again(status: Status, *, as_json: bool) -> ExitCode:
    """Report that the same content had its run before: it changes nothing when it lands again."""
    when, state = moment(status["updated_at"]), status["state"]
    if as_json:
        print_json(status)
    elif exit_of(status) is ExitCode.OK:
        print_lines(f"already {state.lower()} at {when}: same content, nothing to do (run {status['run_id']})")
    else:
        print_status(status, as_json=False)
        print_lines(f"same content as at {when}: nothing to do; `landfall rerun {argument(status)}` runs it again")
    return exit_of(status)


def landing_key(contracts: Contracts, contract: Contract, name: str) -> str:
    """Return the key at which a file of that name lands as that object. Raises CommandError if no pattern matches."""
    for pattern in contract.lands_at:
        folder = compile_pattern(pattern).prefix.rpartition("/")[0]
        key = f"{folder}/{name}" if folder else name
        if _routes(contracts, key, contract):
            return key
    raise usage(
        f"no file called {name} lands as {contract.name}: its patterns are {', '.join(contract.lands_at)};"
        " rename it, or use --key"
    )


def checked_key(contracts: Contracts, contract: Contract, key: str) -> str:
    """Return the key. Raises CommandError if files there belong to another object, or to none."""
    if _routes(contracts, key, contract):
        return key
    raise usage(f"a file at {key} is not taken as {contract.name}: its patterns are {', '.join(contract.lands_at)}")


def upload(deployment: Deployment, path: Path, key: str, *, quiet: bool = False) -> str:
    """Upload with a progress line. Return the ETag, or "" if the object has moved already. Raises CommandError."""
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
            return ""  # moved to the archive already
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
