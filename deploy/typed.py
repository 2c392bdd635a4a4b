"""`chalice deploy` and `chalice package`, typed in the checkout, act on the stage's project below build/.

Chalice's command loads app.py before it makes anything, and app.py calls `typed`. In the checkout itself policies have
placeholders, functions have no settings, and every file of chalicelib/ would be packed. Guarantees the same result as
`make deploy` and `make package`, or a refusal in one sentence that leaves everything as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from deploy import account
from deploy.bundle.package import generate
from deploy.bundle.project import BUILD
from deploy.bundle.vendor import PackageError, vendor
from deploy.stack import DeployError, require_separate_functions
from deploy.stage import settings, stage_name
from deploy.up import put_functions

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
Parameters = Mapping[str, Any]
"""The options and arguments of Chalice's command, by name."""


def typed() -> None:
    """Do the work of the command that loads the app, and exit; return if the command is not one of ours."""
    context = click.get_current_context(silent=True)
    work = WORK.get(context.info_name or "") if context else None
    if context is None or work is None:
        return
    try:
        work(context.params)
    except (ArgumentTypeError, DeployError, PackageError, BotoCoreError, ClientError) as error:
        sys.exit(f"chalice {context.info_name}: {error}")
    sys.exit(0)


def _deploy(given: Parameters) -> None:
    """Deploy the functions and the API of a stage whose infrastructure is there."""
    _only(given, {"stage": None, "profile": None})
    stage = stage_name(given["stage"])
    architecture = _architecture(stage)
    if given["profile"]:
        _use_profile(given["profile"])
    session = account.session(emulated=True)  # the stage's stack is not in an emulator by mistake
    require_separate_functions(session.client("cloudformation"), stage)
    put_functions(session, stage, architecture, vendor(architecture, BUILD))


def _use_profile(name: str) -> None:
    """Use a profile here and in the command in the project. boto3 would prefer keys in the environment to it."""
    os.environ["AWS_PROFILE"] = name
    for key in KEYS:
        os.environ.pop(key, None)


def _package(given: Parameters) -> None:
    """Make the complete template, and the zip beside it, in the folder that the command names."""
    _only(given, {"stage": None, "out": None, "pkg_format": "cloudformation", "template_format": "json"})
    stage, out = stage_name(given["stage"]), Path(given["out"])
    architecture = _architecture(stage)
    made = BUILD / f"out-{stage}"
    template = generate(stage, architecture, vendor(architecture, BUILD), BUILD / f"package-{stage}", made)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(template, out / "sam.json")
    shutil.copy(made / "deployment.zip", out)


WORK: Mapping[str, Callable[[Parameters], None]] = {"deploy": _deploy, "package": _package}


def _architecture(stage: str) -> str:
    return str(settings(stage)["lambda_architecture"])


def _only(given: Parameters, known: Mapping[str, str | None]) -> None:
    """Refuse other options: they would be without effect. A known one has one allowed value, or None for any."""
    for name, value in given.items():
        if (value and name not in known) or (known.get(name) and value != known[name]):
            raise DeployError(f"--{name.replace('_', '-')} has no effect here; docs/operate/deploy.md has what has")
