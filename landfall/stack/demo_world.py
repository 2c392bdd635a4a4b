"""The local stack as the demo sees it: through the REST API, S3, the Data API and the inboxes of both topics."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.domain.run.notices import read_mail
from landfall.faults import absent
from landfall.remote.api import Api, NotThereError, segment
from landfall.remote.deployment import Deployment
from landfall.remote.push import upload
from local.demo.world import Mail, Status, Table
from local.options import Names

QUERY_SECONDS = 120.0
MAIL_SECONDS = 1


@dataclass(frozen=True, kw_only=True)
class LocalWorld:
    """Implements the demo's World."""

    deployment: Deployment
    names: Names

    @property
    def api(self) -> Api:
        return Api(deployment=self.deployment)

    def drop(self, path: Path, key: str) -> None:
        upload(self.deployment, path, key, quiet=True)

    def status(self, key: str) -> Status | None:
        try:
            return self.api.get(f"/status/{segment(key)}")
        except NotThereError:
            return None

    def runs(self, object: str) -> Sequence[Mapping[str, Any]]:
        return list(self.api.pages("/runs", "runs", object=object, limit=200))

    def rejects(self, key: str) -> Iterator[Mapping[str, Any]]:
        return self.api.pages(f"/rejects/{segment(key)}", "rejects", limit=200)

    def query(self, sql: str) -> Table:
        """Run a query through the Data API, and return all its pages. Raises CommandError."""
        data, where = self.deployment.client("redshift-data"), self.names
        statement = data.execute_statement(WorkgroupName=where.workgroup, Database=where.database, Sql=sql)["Id"]
        deadline = time.monotonic() + QUERY_SECONDS
        while (about := data.describe_statement(Id=statement))["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
            if time.monotonic() > deadline:
                raise absent(f"the warehouse did not answer within {QUERY_SECONDS:.0f} s")
            time.sleep(0.05)
        if about["Status"] != "FINISHED":
            raise absent(f"the warehouse refused a query: {about.get('Error', about['Status'])}")
        pages = list(data.get_paginator("get_statement_result").paginate(Id=statement))
        columns = [column["name"] for column in pages[0]["ColumnMetadata"]]
        return Table(columns=columns, rows=[[_value(f) for f in row] for page in pages for row in page["Records"]])

    def mail(self) -> Mail:
        return Mail(business=self._read(self.names.success_inbox), support=self._read(self.names.failure_inbox))

    def _read(self, queue: str) -> Sequence[Mapping[str, Any]]:
        """Receive and delete all messages of a queue. A message that came twice counts once."""
        sqs = self.deployment.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        letters: dict[str, Mapping[str, Any]] = {}
        request = {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": MAIL_SECONDS}
        while got := sqs.receive_message(**request).get("Messages"):
            for message in got:
                body = message["Body"]
                letter = read_mail(json.loads(body)["Message"] if body.startswith("{") else body)
                letters[letter["id"]] = letter
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return list(letters.values())


def _value(field: Mapping[str, Any]) -> Any:
    """Return the value of a field of the Data API's result."""
    return None if field.get("isNull") else next(iter(field.values()))
