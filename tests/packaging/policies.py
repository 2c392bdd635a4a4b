"""What the tests of the policies share: the functions, and what stands for the template's parameters."""

from __future__ import annotations

from deploy.stage import functions

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


NOT_TAGGABLE = {
    "AWS::CloudWatch::Dashboard",
    "AWS::Glue::Database",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SQS::QueuePolicy",
}
