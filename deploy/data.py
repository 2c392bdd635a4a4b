"""What holds data and so outlives its stack: how it is found, with the stack and without it, and how it is deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploy.stack import DeployError, placeholders
from deploy.stage import filled
from deploy.template import infra, tag_map

GONE = frozenset({"404", "NoSuchBucket", "ResourceNotFoundException"})
SERVERLESS = "redshift-serverless"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of resource that holds data."""

    word: str
    named: str
    """The property that has its name."""
    find: Callable[[Any, str, str], bool]
    """Whether what has this name is the stage's. Raises ClientError if there is none."""
    delete: Callable[[Any, str], None]


@dataclass(frozen=True, kw_only=True)
class Held:
    """One of them."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.kind.word} {self.name}"


def kept(listed: Sequence[tuple[str, str]]) -> list[Held]:
    """What a stack of these resources will leave, in the order in which it can be deleted."""
    return [Held(kind=kind, name=name) for of, kind in KINDS.items() for type_, name in listed if type_ == of]


def left(session: Any, stage: str) -> list[Held]:
    """What a stack that is gone has left, by its fixed name; in the same order."""
    where = placeholders(session, stage)
    made = infra(stage)["Resources"].values()
    named = [
        Held(kind=kind, name=filled(one["Properties"][kind.named]["Fn::Sub"], where))
        for of, kind in KINDS.items()
        for one in made
        if one["Type"] == of
    ]
    return [held for held in named if _is_there(session, stage, held)]


def delete(session: Any, held: Held) -> None:
    """For good; what is gone meanwhile is not missed."""
    try:
        held.kind.delete(session, held.name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise


def _is_there(session: Any, stage: str, held: Held) -> bool:
    try:
        return held.kind.find(session, held.name, stage)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return False


def _find_workgroup(session: Any, name: str, stage: str) -> bool:
    said = session.client(SERVERLESS).get_workgroup(workgroupName=name)["workgroup"]
    return _is_tagged(session, said["workgroupArn"], stage)


def _find_namespace(session: Any, name: str, stage: str) -> bool:
    said = session.client(SERVERLESS).get_namespace(namespaceName=name)["namespace"]
    return _is_tagged(session, said["namespaceArn"], stage)


def _is_tagged(session: Any, arn: str, stage: str) -> bool:
    """Somebody's own warehouse may have the name that ours would have."""
    said = session.client(SERVERLESS).list_tags_for_resource(resourceArn=arn)["tags"]
    return tag_map(stage).items() <= {tag["key"]: tag["value"] for tag in said}.items()


def _find_bucket(session: Any, name: str, _stage: str) -> bool:
    return bool(session.client("s3").head_bucket(Bucket=name))


def _find_table(session: Any, name: str, _stage: str) -> bool:
    return bool(session.client("dynamodb").describe_table(TableName=name))


def _find_secret(session: Any, name: str, _stage: str) -> bool:
    return bool(session.client("secretsmanager").describe_secret(SecretId=name))


def _delete_workgroup(session: Any, name: str) -> None:
    """Its namespace can be deleted once it is gone."""
    serverless = session.client(SERVERLESS)
    if serverless.get_workgroup(workgroupName=name)["workgroup"]["status"] != "DELETING":
        serverless.delete_workgroup(workgroupName=name)
    for _ in range(120):
        serverless.get_workgroup(workgroupName=name)  # raises, once it is gone, what `delete` waits for
        time.sleep(10)
    raise DeployError(f"the workgroup {name} is still being deleted; run this again later")


def _delete_namespace(session: Any, name: str) -> None:
    session.client(SERVERLESS).delete_namespace(namespaceName=name)


def _delete_bucket(session: Any, name: str) -> None:
    bucket = session.resource("s3").Bucket(name)
    bucket.object_versions.delete()
    bucket.objects.delete()
    bucket.delete()


def _delete_table(session: Any, name: str) -> None:
    session.client("dynamodb").delete_table(TableName=name)


def _delete_secret(session: Any, name: str) -> None:
    session.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


KINDS = {
    "AWS::RedshiftServerless::Workgroup": Kind(
        word="workgroup", named="WorkgroupName", find=_find_workgroup, delete=_delete_workgroup
    ),
    "AWS::RedshiftServerless::Namespace": Kind(
        word="namespace", named="NamespaceName", find=_find_namespace, delete=_delete_namespace
    ),
    "AWS::S3::Bucket": Kind(word="bucket", named="BucketName", find=_find_bucket, delete=_delete_bucket),
    "AWS::DynamoDB::Table": Kind(word="table", named="TableName", find=_find_table, delete=_delete_table),
    "AWS::SecretsManager::Secret": Kind(word="secret", named="Name", find=_find_secret, delete=_delete_secret),
}
"""In the order in which they are deleted."""
