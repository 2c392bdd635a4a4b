"""Finds the deployment that a command calls: the one the environment names, else the local stack if it is up."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landfall.faults import absent, usage

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")
REGION = "export AWS_DEFAULT_REGION, or give your profile one (aws configure)"
LOCAL = "local"
"""The stage of the local stack. No stack in an account has this name."""
STATE_VARIABLE = "LANDFALL_STATE_DIR"
"""Variable with the folder of the local stack's state, relative to the repository. Only tests set it."""


def repository() -> Path:
    """Return the repository of this command. Raises CommandError if the package is installed without it."""
    if (ROOT / "local" / "stack.py").is_file():
        return ROOT
    raise absent("this command needs the repository: clone it, run `make setup` there, then `.venv/bin/landfall`")


def state_dir() -> Path:
    return ROOT / os.environ.get(STATE_VARIABLE, ".landfall")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A running Landfall."""

    api_url: str
    token: str
    settings: Mapping[str, str]
    """LANDFALL_* and AWS_* variables that reach its bucket and queues."""
    local: bool = False

    def client(self, service: str) -> Any:
        """Make a boto3 client. For the local stack it ignores the AWS that the shell is set to."""
        import boto3
        from botocore.config import Config

        session: Any = boto3.session.Session()
        if not self.local:
            return session.client(service)
        specific = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
        return session.client(
            service,
            endpoint_url=self.settings.get(specific, self.settings["AWS_ENDPOINT_URL"]),
            region_name=self.settings["AWS_REGION"],
            aws_access_key_id=self.settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.settings["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}, s3={"addressing_style": "path"}),
        )

    @property
    def bucket(self) -> str:
        """The landing bucket. Raises CommandError."""
        if name := self.settings.get("LANDFALL_BUCKET"):
            return name
        raise usage("LANDFALL_BUCKET is not set: name the deployment's landing bucket")


def find(*, api: bool = True, bucket: bool = False) -> Deployment:
    """Return the deployment of LANDFALL_API_URL and LANDFALL_TOKEN, else the local stack. Raises CommandError.

    `api` and `bucket` are what the command needs. If the environment names one of them, the other is not taken from
    the local stack.
    """
    url, token = os.environ.get("LANDFALL_API_URL", ""), os.environ.get("LANDFALL_TOKEN", "")
    if url and not url.startswith(("http://", "https://")):
        raise usage(f"LANDFALL_API_URL is {url}: it must begin with https://")
    if url and not token:
        raise usage("LANDFALL_API_URL is set but LANDFALL_TOKEN is not: set both, or neither to use the local stack")
    if url:
        return Deployment(api_url=url.rstrip("/"), token=token, settings=dict(os.environ))
    if bucket and os.environ.get("LANDFALL_BUCKET"):
        if api:
            raise usage("LANDFALL_BUCKET is set: to follow a file there, set LANDFALL_API_URL and LANDFALL_TOKEN, too")
        return Deployment(api_url="", token="", settings=dict(os.environ))  # nosec B106
    if (stack := local_stack()) is not None:
        return stack
    raise absent(
        "there is no deployment: start the local stack with `landfall up`, or set LANDFALL_API_URL and LANDFALL_TOKEN"
    )


def described_stack(cloudformation: Any, stage: str) -> dict[str, Any] | None:
    """Return AWS's description of the stage's stack; None if there is no stack. Raises ClientError."""
    from botocore.exceptions import ClientError

    try:
        return dict(cloudformation.describe_stacks(StackName=f"landfall-{stage}")["Stacks"][0])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def outputs_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the outputs of a stack by name."""
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def stack_outputs(cloudformation: Any, stage: str) -> dict[str, str]:
    """Return the outputs of the stage's stack. Raises CommandError if there is none, ClientError."""
    if (stack := described_stack(cloudformation, stage)) is None:
        text = f"stage {stage} has no infrastructure yet: run `make deploy STAGE={stage}`"
        raise absent(f"{text}, or choose another account or region")
    return outputs_of(stack)


def advice(error: Exception) -> str:
    """Return advice to append to an error of AWS about region, access or credentials; empty for any other error."""
    from botocore import exceptions as aws

    if isinstance(error, aws.NoRegionError):
        return f": {REGION}"
    local = os.environ.get("AWS_ENDPOINT_URL", "").startswith(LOOPBACK)
    if local and isinstance(error, aws.EndpointConnectionError):
        return ": is the local stack up? Start it with `landfall up`, and source .landfall/env again"
    if local and isinstance(error, aws.ClientError) and error.response["Error"]["Code"] == "403":
        return ": the local stack may have restarted with new credentials: source .landfall/env again"
    expired = isinstance(error, aws.ClientError) and "Expired" in error.response["Error"]["Code"]
    none = (
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.ProfileNotFound,
        aws.SSOError,
        aws.TokenRetrievalError,
    )
    return ": aws configure, aws sso login or AWS_PROFILE" if expired or isinstance(error, none) else ""


def stale(url: str, token: str) -> str:
    """Return advice if the shell's settings are those of a local stack; empty for any other address."""
    if not url.startswith(LOOPBACK):
        return ""
    try:
        record = json.loads((state_dir() / "stack.json").read_text(encoding="utf-8"))
        tokens = json.loads(Path(record["files"]["tokens"]).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return "no local stack is up: start it with `landfall up`, and source .landfall/env again"
    if record["urls"]["api"] != url or token not in tokens.values():
        return "this is not the local stack that is up, which may have restarted: source .landfall/env again"
    return "the local stack is incomplete: `landfall up` repairs it"


def local_stack() -> Deployment | None:
    """Return the local stack of the record; None if it is not up."""
    try:
        record = json.loads((state_dir() / "stack.json").read_text(encoding="utf-8"))
        tokens = json.loads(Path(record["files"]["tokens"]).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if not record.get("ready"):
        return None
    return Deployment(
        api_url=record["urls"]["api"],
        token=os.environ.get("LANDFALL_TOKEN") or tokens["operator"],
        settings=record["env"],
        local=True,
    )
