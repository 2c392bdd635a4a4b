"""Notifies EventBridge that a statement has ended. An event may be lost, as in AWS: the status is the truth."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.access.signatures import Credentials
from local.redshift.endpoints import ACCOUNT, REGION, client
from local.redshift.statements import Submission

_KEPT_SECONDS = 24 * 3600


class Notifier:
    """Sends to the endpoint, or nowhere if there is none."""

    def __init__(self, endpoint: str | None, credentials: Credentials) -> None:
        self._client: Any = client("events", endpoint, credentials) if endpoint else None

    def ring(self, ended: Submission) -> None:
        if self._client is None:
            return
        try:
            self._client.put_events(Entries=[entry(ended)])
        except (BotoCoreError, ClientError) as error:
            sys.stderr.write(f"the event of statement {ended.id} was lost: {type(error).__name__}\n")


def entry(ended: Submission) -> dict[str, Any]:
    """Return the event in AWS's form. Like AWS's, it has no error text."""
    detail = {
        "principal": f"arn:aws:iam::{ACCOUNT}:user/local",
        "statementName": ended.name,
        "statementId": ended.id,
        "redshiftQueryId": ended.parts[-1].query_id,
        "state": ended.status.value,
        "rows": ended.rows,
        "expireAt": int(time.time()) + _KEPT_SECONDS,
    }
    workgroup = ended.target.get("WorkgroupName") or ended.target.get("ClusterIdentifier") or "local"
    return {
        "Source": "aws.redshift-data",
        "DetailType": "Redshift Data Statement Status Change",
        "Detail": json.dumps(detail),
        "Resources": [f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/{workgroup}"],
    }
