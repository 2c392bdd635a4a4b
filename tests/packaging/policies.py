"""What the tests of the policies share: functions, contracts, and what stands for the template's parameters."""

from __future__ import annotations

from pathlib import Path

from deploy.stage import functions
from landfall.contracts import SHIPPED

NO_RESOURCE_LEVEL = {
    "redshift-data:CancelStatement",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions for which IAM knows no resource (AWS's Service Authorization Reference)."""


DENIED = {
    "s3:DeleteBucket",
    "dynamodb:DeleteTable",
    "redshift-data:ExecuteStatement",
    "redshift-data:BatchExecuteStatement",
    "iam:PassRole",
}


FOLDERS = ("incoming/", "monthly_data/")
"""Where the shipped contracts' files land."""


FUNCTIONS = sorted(functions("prod"))


VALUES = {
    "Stage": "dev",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "WarehouseArn": "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/w",
    "WorkgroupArn": "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/w",
    "ClusterIdentifier": "c",
    "Database": "dev",
}


FOUND = {
    "Bucket": "landfall-dev-123456789012-eu-west-1",
    "WarehouseArn": f"{VALUES['WarehouseArn']}-0000-0000-0000-000000000000",
    "Database": "landfall",
    "Cluster": "",
}
"""Outputs of a stage's stack."""


NOT_TAGGABLE = {
    "AWS::CloudWatch::Dashboard",
    "AWS::Glue::Database",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::Scheduler::Schedule",
    "AWS::SQS::QueuePolicy",
}


def contracts(folder: Path, *lands_at: str) -> Path:
    """A folder with one contract for each pattern."""
    folder.mkdir(exist_ok=True)
    text = (SHIPPED / "orders.toml").read_text()
    for number, pattern in enumerate(lands_at):
        own = text.replace('name = "orders"', f'name = "o{number}"').replace("landing.orders", f"landing.o{number}")
        lines = [f'lands_at = ["{pattern}"]' if line.startswith("lands_at") else line for line in own.splitlines()]
        (folder / f"o{number}.toml").write_text("\n".join(lines))
    return folder
