"""The folders of the landing bucket in which files land, by the contracts, and S3's notifications of them.

S3 refuses two notifications whose prefixes overlap. Each folder is the first part of a key, so that no two overlap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chalicelib.domain.contract.routing import landing_prefixes
from chalicelib.domain.contract_files.contract_file import Contracts
from deploy.stack import DeployError
from deploy.stage import RECORDS, filled, function_name
from landfall.contracts import deployed
from landfall.faults import CommandError

FUNCTION = "on_incoming"
"""The function that the bucket notifies of each file that lands."""
EVENT = "s3:ObjectCreated:*"
PLAIN = re.compile(r"[\w!.'()=@:,+ -]+/", re.ASCII)
"""Folders whose names mean the same in a policy: IAM would take `*`, `?` and `$` for its own signs."""
PERMISSION = "landing-bucket"


def contracts_in_use() -> Contracts:
    """Return the contracts that are deployed. Raises DeployError if one is at fault."""
    try:
        return deployed()
    except CommandError as error:
        raise DeployError(str(error)) from None


def folders() -> tuple[str, ...]:
    """Return the folders of the contracts in use, sorted. Raises DeployError, also for contracts at fault."""
    found = landing_prefixes(contracts_in_use())
    if strange := [folder for folder in found if not PLAIN.fullmatch(folder)]:
        raise DeployError(f"lands_at: rename the folder {strange[0]}: policies take letters, digits and !.'()=@:,+-_")
    if RECORDS in found:
        raise DeployError(f"lands_at: rename the folder {RECORDS}: deployments keep their record there")
    return found


def in_template(function: str, prefixes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the notifications of a function in the form of the template's bucket."""
    arn = {"Fn::GetAtt": [function, "Arn"]}
    return [
        {"Event": EVENT, "Function": arn, "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}}}
        for prefix in prefixes
    ]


def notify(session: Any, bucket: str, where: Mapping[str, str], prefixes: tuple[str, ...]) -> None:
    """Have the bucket call the deployed function for each folder, and leave other notifications alone."""
    lambdas, arn = session.client("lambda"), _arn(where)
    with suppress(lambdas.exceptions.ResourceConflictException):  # it has the permission already
        lambdas.add_permission(
            FunctionName=arn,
            StatementId=PERMISSION,
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceAccount=where["AWS::AccountId"],
            SourceArn=filled(f"arn:${{AWS::Partition}}:s3:::{bucket}", where),
        )
    _put(session.client("s3"), bucket, arn, [_notification(arn, prefix) for prefix in prefixes])


def silence(session: Any, bucket: str, where: Mapping[str, str]) -> None:
    """Remove the notifications to the function, and leave others alone."""
    _put(session.client("s3"), bucket, _arn(where), [])


def _put(s3: Any, bucket: str, arn: str, ours: list[dict[str, Any]]) -> None:
    now = s3.get_bucket_notification_configuration(Bucket=bucket)
    now.pop("ResponseMetadata", None)
    called = now.pop("LambdaFunctionConfigurations", [])
    theirs = [one for one in called if one["LambdaFunctionArn"] != arn]
    wanted = {**now, "LambdaFunctionConfigurations": [*theirs, *ours]}
    if called != wanted["LambdaFunctionConfigurations"]:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)


def _notification(arn: str, prefix: str) -> dict[str, Any]:
    rules = [{"Name": "Prefix", "Value": prefix}]
    name = f"{FUNCTION}-{prefix.rstrip('/')}"
    return {"Id": name, "LambdaFunctionArn": arn, "Events": [EVENT], "Filter": {"Key": {"FilterRules": rules}}}


def _arn(where: Mapping[str, str]) -> str:
    function = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function_name(FUNCTION)}"
    return str(filled(function, where))
