"""The environment of the stack's processes: this machine's AWS and the app's settings, without the user's own AWS."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from local.access.signatures import Credentials
from local.options import CONTRACTS, LAPTOP_SETTINGS, MACHINES, REGION, Names, Options, StackPaths
from local.record import Ports
from local.safety import check_loopback


def exported(ports: Ports, names: Names, options: Options, credentials: Credentials) -> dict[str, str]:
    """Return the app's variables for this stack: the same as in AWS, and the address of this AWS."""
    env = {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": ports.url("aws"),
        "AWS_ENDPOINT_URL_REDSHIFT_DATA": ports.url("redshift_data"),
        "AWS_EC2_METADATA_DISABLED": "true",
        **names.settings(),
        **LAPTOP_SETTINGS,
        **({CONTRACTS: str(Path(options.contracts).resolve())} if options.contracts else {}),
        **(MACHINES if options.step_functions else {}),
        **options.settings,
    }
    check_loopback(env)
    return env


def of_aws(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of AWS alone, without the app's settings. Its gateway forwards the calls of Redshift."""
    return {name: v for name, v in env.items() if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL_REDSHIFT_DATA"}


def whole(export: Mapping[str, str], paths: StackPaths) -> dict[str, str]:
    """Return the user's environment with `export`, and without the user's own variables of AWS and Landfall."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LANDFALL_", "MINISTACK_"))}
    missing = str(paths.state / "no-such-aws-config")  # so that ~/.aws is never read
    around = {
        "AWS_CONFIG_FILE": missing,
        "AWS_SHARED_CREDENTIALS_FILE": missing,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "TMPDIR": str(paths.scratch),
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "4",  # glibc reserves 64 MB of address space per arena, which counts against the cap
    }
    return {**ours, **around, **export}


def shell_lines(env: Mapping[str, str]) -> str:
    """Return lines for a shell to source."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(env.items()))
