"""A bucket that others listen to: a deployment's rule calls our function, and their notification stays."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from chalicelib.domain.run.events import landed
from deploy.landing import delete_rule, notify, silence
from local.aws.clients import client
from local.options import ACCOUNT, REGION
from local.record import Record
from tests.local.stack.conftest import ODD, wait
from tests.local.stack.uploaded import TELLER, packed

KEEPS = """
import json
def keep(event, context):
    with open({kept!r}, "a") as file:
        file.write(json.dumps(event) + chr(10))
"""
HERE = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "Stage": "dev"}


def test_a_rule_calls_us_beside_a_receiver_of_the_same_keys(account: Record, tmp_path: Path) -> None:
    """The other receiver has the bucket's notification of the folder, and keeps it, also when the rule goes."""
    aws = SimpleNamespace(client=lambda name: client(name, account.ports.url("aws"), account.credentials))
    for name in ("landfall-dev-on_incoming", "theirs"):
        code = packed(KEEPS.format(kept=str(tmp_path / name)))
        aws.client("lambda").create_function(
            **{**TELLER, "FunctionName": name, "Handler": "app.keep", "Code": {"ZipFile": code}}
        )
    s3, theirs = aws.client("s3"), f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:theirs"
    s3.create_bucket(Bucket="shared", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_notification_configuration(
        Bucket="shared",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": theirs, "Events": ["s3:ObjectCreated:*"]}]
        },
    )

    def called(name: str, key: str) -> bool:
        kept = tmp_path / name
        lines = kept.read_text().splitlines() if kept.exists() else []
        return any(source.key == key for line in lines for source in landed(json.loads(line)))

    for _ in range(2):
        notify(aws, "shared", HERE, ("suppliers/",), by_rule=True)
    for key in ("elsewhere/a.csv", ODD):
        s3.put_object(Bucket="shared", Key=key, Body=b"a\n")
    wait(lambda: called("landfall-dev-on_incoming", ODD) and called("theirs", ODD))
    assert not called("landfall-dev-on_incoming", "elsewhere/a.csv")
    silence(aws, "shared", HERE)
    delete_rule(aws.client("events"), HERE)
    s3.put_object(Bucket="shared", Key="suppliers/b.csv", Body=b"a\n")
    wait(lambda: called("theirs", "suppliers/b.csv"))
    assert not called("landfall-dev-on_incoming", "suppliers/b.csv")
    assert aws.client("events").list_rules(NamePrefix="landfall-dev-landing")["Rules"] == []
