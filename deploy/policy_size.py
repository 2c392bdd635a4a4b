"""Whether the policies of a stage's functions fit into their roles: each names every landing folder several times.

Guarantees a refusal before anything is made. IAM would refuse the policy after the stack and the tables are there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.landing import folders
from deploy.sources import rights_of_sources
from deploy.stack import DeployError
from deploy.stage import BUCKET, filled, functions, granted, settings, use_of_key, with_bucket, with_login

LARGEST = 10_240
"""Characters of the inline policies of a role. IAM does not count blanks."""
UUID = "00000000-0000-0000-0000-000000000000"
ANYWHERE = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1", "AWS::AccountId": "0" * 12}
"""The longest values that a template may get."""
ARN = "arn:${AWS::Partition}:redshift-serverless:${AWS::Region}:${AWS::AccountId}:workgroup/" + UUID
KEY = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/" + UUID
LONGEST_NAME = "x" * 63
"""Of a cluster or a database."""


def must_fit(stage: str, bucket: str = BUCKET, where: Mapping[str, str] = ANYWHERE) -> None:
    """Raise DeployError if a policy would be too large, with a key and the longest names of a warehouse."""
    found, sources = folders(), rights_of_sources()
    most = next((n for n in range(len(found), 0, -1) if _fit(stage, found[:n], sources, bucket, where)), 0)
    if over := len(found) - most:
        raise DeployError(
            f"lands_at: the contracts name {len(found)} first folders, {over} too many: the policies of functions have "
            f"at most {LARGEST:,} characters; land files of several objects below one first folder"
        )


def size(document: Any) -> int:
    """Return the characters of a policy that IAM counts."""
    return len("".join(json.dumps(document).split()))


def _fit(
    stage: str, landing: Sequence[str], sources: Sequence[dict[str, Any]], bucket: str, where: Mapping[str, str]
) -> bool:
    names = {"ClusterIdentifier": LONGEST_NAME, "Database": LONGEST_NAME, "Stage": stage}
    values = {**where, **names, "WarehouseArn": str(filled(ARN, where)), "WorkgroupArn": str(filled(ARN, where))}

    def fits(name: str, *, cluster: bool) -> bool:
        document = with_login(granted(name, settings(stage), landing, sources), cluster=cluster)
        document["Statement"].append(use_of_key(document, KEY))
        return size(filled(with_bucket(document, bucket), values)) <= LARGEST

    return all(fits(name, cluster=cluster) for name in functions(stage) for cluster in (False, True))
