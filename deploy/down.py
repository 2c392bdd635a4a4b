"""`make teardown STAGE=dev`: deletes functions and API, and keeps data. DATA=delete deletes all. Can be run again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy import account
from deploy.after import delete_record, drop_logs, let_logs_expire
from deploy.bundle.package import chalice
from deploy.bundle.project import BUILD
from deploy.bundle.vendor import PackageError
from deploy.data import KINDS, Held, delete, kept, left
from deploy.found import record
from deploy.landing import delete_rule, silence
from deploy.stack import (
    DeployError,
    has_functions,
    name_of,
    outputs,
    placeholders,
    region_of,
    remove,
    resources,
)
from deploy.stage import stage_name
from deploy.up import DEPLOYED, project
from landfall.remote.deployment import described_stack

DELETE = "delete"


def teardown(session: Any, stage: str, *, deletes_data: bool) -> None:
    """Take a stage down, whether `make deploy` or a template made it. Raises DeployError, PackageError."""
    cloudformation, stack = session.client("cloudformation"), name_of(stage)
    description = described_stack(cloudformation, stage)
    if description and not description.get("Outputs"):
        remove(cloudformation, stage)
        print(f"the stack {stack} was never completed; it is removed")
        description = None
    if description is None:
        data = left(session, stage)
        print(f"there is no stack {stack}; {_functions(session, stage, _without_stack(data))}")
    else:
        listed = resources(cloudformation, stage)
        data, whole = kept(listed), has_functions(listed)
        if whole:
            print(f"the stack {stack} has the functions and the API, too")
        else:
            print(_functions(session, stage, outputs(cloudformation, stage)))
        if whole or deletes_data:
            remove(cloudformation, stage)
            print(f"the stack {stack} is gone")
        else:
            print(f"the stack {stack} stays, as it holds the data")
    if deletes_data:
        _delete(session, stage, data)
    elif data:
        _print_kept(stage, data)


def _without_stack(data: list[Held]) -> dict[str, str]:
    """Return the outputs of a deleted stack, as far as deleting the functions needs them."""
    buckets = [held.name for held in data if held.kind is KINDS["AWS::S3::Bucket"]]
    return {"Bucket": buckets[0] if buckets else "", "WarehouseArn": "", "Database": ""}


def _functions(session: Any, stage: str, found: Mapping[str, str]) -> str:
    """Delete what Chalice has made, also what a failed deployment or teardown has left. Return a line to print."""
    any_left, where = record(session, stage, DEPLOYED), placeholders(session, stage)
    delete_rule(session.client("events"), where)  # also one that a deletion by hand has left: it would fail for ever
    if any_left:
        made = BUILD / f"deploy-{stage}"
        if found["Bucket"]:
            silence(session, found["Bucket"], where)
        project(stage, found, where, "x86_64").make(made, None)
        print(chalice(made, "delete", "--stage", stage, region=region_of(session)).strip())
        let_logs_expire(session.client("logs"), stage)
    if found["Bucket"]:
        delete_record(session.client("s3"), found["Bucket"], stage, DEPLOYED)
    return "functions and API are gone; their logs expire" if any_left else "there are no functions and no API"


def _delete(session: Any, stage: str, data: list[Held]) -> None:
    drop_logs(session.client("logs"), stage)
    for held in data:
        delete(session, held)
        print(f"deleted {held}")


def _print_kept(stage: str, data: list[Held]) -> None:
    print(f"kept: {', '.join(map(str, data))}. To delete that for good: make teardown STAGE={stage} DATA=delete")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.down", description=__doc__)
    parser.add_argument("--stage", type=stage_name, default="dev")
    parser.add_argument("--data", choices=("keep", DELETE), default="keep", help="files, runs, warehouse and tokens")
    parser.add_argument("--emulated", action="store_true", help="act on what AWS_ENDPOINT_URL names, not on AWS")
    args = parser.parse_args()
    try:
        teardown(account.session(emulated=args.emulated), args.stage, deletes_data=args.data == DELETE)
    except (DeployError, PackageError, BotoCoreError, ClientError) as error:
        sys.exit(f"teardown: {error}")


if __name__ == "__main__":
    main()
