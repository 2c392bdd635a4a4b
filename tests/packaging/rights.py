"""Which rights a call to AWS takes: IAM's actions, each with the ARN that a policy names.

From AWS's Service Authorization Reference and S3's pages on the permissions that its calls take. Folders of the bucket
stand for what is in them, as in the policies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.packaging.policies import VALUES

Right = tuple[str, str]
"""An action, and the ARN it is done on."""
Request = Mapping[str, Any]
WHERE = f"{VALUES['AWS::Region']}:{VALUES['AWS::AccountId']}"
MACHINE_ARN = f"arn:aws:states:{WHERE}:stateMachine:landfall-dev"
SOURCE_MACHINE_ARN = f"{MACHINE_ARN}-read_source"
BUCKET = f"landfall-dev-{VALUES['AWS::AccountId']}-{VALUES['AWS::Region']}"
AS_OTHERS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "SendMessageBatch": "SendMessage",
    "UploadPart": "PutObject",
}
"""Calls that are allowed by another action than that of their own name."""
ON_A_VERSION = {"DeleteObject", "GetObject"}


def rights(service: str, call: str, request: Request) -> set[Right]:
    """What it takes to make a call."""
    return BY_SERVICE[service](AS_OTHERS.get(call, call), request)


def _s3(call: str, request: Request) -> set[Right]:
    if call in ("CopyObject", "UploadPartCopy"):
        tags = {("s3:PutObjectTagging", _folder(request)), _read(request["CopySource"], "Tagging")}
        return {("s3:PutObject", _folder(request)), _read(request["CopySource"])} | (
            tags if call == "CopyObject" else set()
        )
    if call == "ListBucket":
        return {LISTS}
    if call == "GetObject":
        return {_read(request), LISTS} if "/" in request["Key"] else {LISTS}
    return {(f"s3:{_versioned(call, request)}", _folder(request))}


LISTS = ("s3:ListBucket", f"arn:aws:s3:::{BUCKET}")
"""Reading takes it, too: without it S3 says 403, not 404, of what is not there. So a name that is in no folder, where
nothing lies, takes it alone."""


def _read(request: Request, more: str = "") -> Right:
    """Of an object or, with `more`, of its tags: a copy takes them along, and has to be allowed to."""
    return f"s3:{_versioned('GetObject', request)}{more}", _folder(request)


def _versioned(call: str, request: Request) -> str:
    return f"{call}Version" if call in ON_A_VERSION and request.get("VersionId") else call


def _folder(request: Request) -> str:
    return f"arn:aws:s3:::{BUCKET}/{request['Key'].partition('/')[0]}/*"


def _dynamodb(call: str, request: Request) -> set[Right]:
    """A transaction is allowed by what it does."""
    if call == "TransactWriteItems":
        writes = [(f"{kind}Item", of) for write in request["TransactItems"] for kind, of in write.items()]
        return {right for kind, of in writes for right in _dynamodb(kind, of)}
    tables = request["RequestItems"] if call == "BatchGetItem" else [request["TableName"]]
    index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
    return {(f"dynamodb:{call}", f"arn:aws:dynamodb:{WHERE}:table/{table}{index}") for table in tables}


def _sqs(call: str, request: Request) -> set[Right]:
    queue = request.get("QueueName") or request["QueueUrl"].rpartition("/")[2]
    return {(f"sqs:{call}", f"arn:aws:sqs:{WHERE}:{queue}")}


def _sns(call: str, request: Request) -> set[Right]:
    return {(f"sns:{call}", request["TopicArn"])}


def _warehouse(call: str, request: Request) -> set[Right]:
    """Statements log in first, by IAM or a secret; what is asked about them has no resource."""
    if call not in ("BatchExecuteStatement", "ExecuteStatement"):
        return {(f"redshift-data:{call}", "*")}
    place, secret = VALUES["WarehouseArn"], request.get("SecretArn")
    by_iam = {("redshift-serverless:GetCredentials", place)}
    return {(f"redshift-data:{call}", place)} | (_secrets("GetSecretValue", {"SecretId": secret}) if secret else by_iam)


def _secrets(call: str, request: Request) -> set[Right]:
    """Secrets Manager adds six characters to a secret's name. The secrets of sources stand below one name."""
    if request["SecretId"].startswith("arn:"):
        return {(f"secretsmanager:{call}", request["SecretId"])}
    folder, slash, _ = request["SecretId"].partition("/")
    named = f"{folder}/*" if slash else f"{folder}-??????"
    return {(f"secretsmanager:{call}", f"arn:aws:secretsmanager:{WHERE}:secret:{named}")}


DEPENDENT = {
    "SearchUsers": {("DescribeUser", "agent"), ("ListUserProficiencies", "agent")},
    "SearchQueues": {("DescribeQueue", "queue")},
    "SearchContacts": {("DescribeContact", "contact")},
}
"""What a search of Amazon Connect takes besides the right to search."""


def _connect(call: str, request: Request) -> set[Right]:
    if call == "GetMetricDataV2":
        filtered = {one["FilterKey"].replace("_", "-").lower() for one in request["Filters"]} - {"channel"}
        return {(f"connect:{call}", f"{request['ResourceArn']}/{kind}/*") for kind in filtered}
    instance = f"arn:aws:connect:eu-central-1:123456789012:instance/{request['InstanceId']}"
    more = {(f"connect:{action}", f"{instance}/{kind}/*") for action, kind in DEPENDENT[call]}
    return {(f"connect:{call}", instance), *more}


def _states(call: str, request: Request) -> set[Right]:
    """An answer names its execution by the token alone; IAM compares it with the machine whose task waits."""
    [arn] = [value for name, value in request.items() if name.endswith("Arn")] or [MACHINE_ARN]
    if call == "DescribeExecution":
        arn = f"{arn.rpartition(':')[0]}:*"
    return {(f"states:{call}", arn)}


BY_SERVICE: dict[str, Callable[[str, Request], set[Right]]] = {
    "s3": _s3,
    "dynamodb": _dynamodb,
    "sqs": _sqs,
    "sns": _sns,
    "redshift-data": _warehouse,
    "secretsmanager": _secrets,
    "connect": _connect,
    "stepfunctions": _states,
}
