"""Resources that hold data and outlive their stack: how to find them, with the stack or without, and delete them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploy.stack import DeployError, placeholders
from deploy.stage import filled
from deploy.template.infra import infra, tag_map

GONE = frozenset({"404", "NoSuchBucket", "ResourceNotFoundException"})
SERVERLESS = "redshift-serverless"


@dataclass(frozen=True, kw_only=True)
class ResourceKind:
    """A kind of resource that holds data."""

    word: str
    named: str
    """The property that holds its name."""
    find: Callable[[Any, str, str], bool]
    """Whether the resource of this name belongs to the stage. Raises ClientError if there is none."""
    delete: Callable[[Any, str], None]


@dataclass(frozen=True, kw_only=True)
class Held:
    """A resource that holds data."""

    kind: ResourceKind
    name: str

    def __str__(self) -> str:
        """Describe it for the operator."""
        return f"{self.kind.word} {self.name}"


def kept(listed: Sequence[tuple[str, str]]) -> list[Held]:
    """List what a stack of these resources will leave, in the order in which it can be deleted."""
    return [Held(kind=kind, name=name) for of, kind in KINDS.items() for type_, name in listed if type_ == of]


def left(session: Any, stage: str) -> list[Held]:
    """List what a deleted stack has left, by fixed names, in the same order."""
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
    """Delete a resource for good. It is no error if it is gone already."""
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
    workgroup = session.client(SERVERLESS).get_workgroup(workgroupName=name)["workgroup"]
    return _is_tagged(session, workgroup["workgroupArn"], stage)


def _find_namespace(session: Any, name: str, stage: str) -> bool:
    namespace = session.client(SERVERLESS).get_namespace(namespaceName=name)["namespace"]
    return _is_tagged(session, namespace["namespaceArn"], stage)


def _is_tagged(session: Any, arn: str, stage: str) -> bool:
    """Return whether a warehouse has the stage's tags: the operator's own may have the name that ours would have."""
    listed = session.client(SERVERLESS).list_tags_for_resource(resourceArn=arn)["tags"]
    return tag_map(stage).items() <= {tag["key"]: tag["value"] for tag in listed}.items()


def _find_bucket(session: Any, name: str, _stage: str) -> bool:
    return bool(session.client("s3").head_bucket(Bucket=name))


def _find_table(session: Any, name: str, _stage: str) -> bool:
    return bool(session.client("dynamodb").describe_table(TableName=name))


def _find_secret(session: Any, name: str, _stage: str) -> bool:
    return bool(session.client("secretsmanager").describe_secret(SecretId=name))


def _delete_workgroup(session: Any, name: str) -> None:
    """Delete a workgroup, and wait until it is gone: only then can its namespace be deleted."""
    serverless = session.client(SERVERLESS)
    if serverless.get_workgroup(workgroupName=name)["workgroup"]["status"] != "DELETING":
        serverless.delete_workgroup(workgroupName=name)
    for _ in range(120):
        serverless.get_workgroup(workgroupName=name)  # once it is gone, this raises the error that `delete` expects
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
    "AWS::RedshiftServerless::Workgroup": ResourceKind(
        word="workgroup", named="WorkgroupName", find=_find_workgroup, delete=_delete_workgroup
    ),
    "AWS::RedshiftServerless::Namespace": ResourceKind(
        word="namespace", named="NamespaceName", find=_find_namespace, delete=_delete_namespace
    ),
    "AWS::S3::Bucket": ResourceKind(word="bucket", named="BucketName", find=_find_bucket, delete=_delete_bucket),
    "AWS::DynamoDB::Table": ResourceKind(word="table", named="TableName", find=_find_table, delete=_delete_table),
    "AWS::SecretsManager::Secret": ResourceKind(word="secret", named="Name", find=_find_secret, delete=_delete_secret),
}
"""Kinds by CloudFormation's type, in the order in which they are deleted."""
