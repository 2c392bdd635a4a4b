"""The deployment that `landfall doctor --deployment` tries: by its address, by its stage, or the local one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.contract_files.smoke import NAME
from landfall import tokens
from landfall.doctor.smoke import Site
from landfall.faults import CommandError, absent
from landfall.migration.data_api import DataApi
from landfall.migration.target import Clients, WarehouseOptions, named, reached
from landfall.remote.deployment import Deployment, advice, find, stack_outputs
from landfall.tokens import Secret

TESTER = "landfall-doctor"
"""Name of the token that a stage has during the test."""


@contextmanager
def opened(options: WarehouseOptions) -> Iterator[Site]:
    """Open the deployment of LANDFALL_API_URL, else the stage that is named, else the local stack. Raises CommandError.

    A stage gets a token for this time.
    """
    try:
        if not options.local and options.stage and not os.environ.get("LANDFALL_API_URL"):
            import boto3

            session: Any = boto3.session.Session()
            with of_stage(session, options) as site:
                yield site
        else:
            yield _found(options)
    except (BotoCoreError, ClientError) as error:
        raise absent(f"the deployment does not answer: {str(error).rstrip('.')}{advice(error)}") from None


@contextmanager
def of_stage(session: Any, options: WarehouseOptions) -> Iterator[Site]:
    """Open a stage of this account. Its token is removed at the end. Raises CommandError, ClientError."""
    from deploy.found import api_url

    outputs = stack_outputs(session.client("cloudformation"), options.stage)
    url = api_url(session, options.stage)
    if not url:
        raise absent(f"stage {options.stage} has no API: run `make deploy STAGE={options.stage}`")
    with temporary_token(Secret(manager=session.client("secretsmanager"), name=outputs["TokensSecret"])) as token:
        deployment = Deployment(api_url=url, token=token, settings={"LANDFALL_BUCKET": outputs["Bucket"]})
        yield Site(
            deployment=deployment,
            s3=session.client("s3"),
            warehouse=_warehouse(options, session.client),
            new_token=True,
        )


@contextmanager
def temporary_token(secret: Secret) -> Iterator[str]:
    """Yield a token that reads the test's object only, and revoke it at the end. Raises CommandError."""
    added = datetime.now(UTC).isoformat(timespec="seconds")
    token, entry = tokens.add(secret, TESTER, "reader", [NAME], added)
    try:
        yield token
    finally:
        tokens.revoke(secret, tokens.token_id(entry))


def _found(options: WarehouseOptions) -> Site:
    deployment = find()
    _ = deployment.bucket  # raises CommandError if it is not named
    is_named = deployment.local or options.workgroup or options.cluster
    warehouse = _warehouse(*reached(options)) if is_named else None
    return Site(deployment=deployment, s3=deployment.client("s3"), warehouse=warehouse)


def _warehouse(options: WarehouseOptions, clients: Clients) -> DataApi | None:
    """Return the warehouse as its administrator; None if its login is not to be had."""
    try:
        _, where = named(options, clients)
    except (CommandError, ClientError):
        return None
    return DataApi(clients("redshift-data"), where)
