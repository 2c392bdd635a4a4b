"""What Redshift Serverless says of the one warehouse that is here, whatever name it is asked for by."""

from __future__ import annotations

from local.redshift.requests import ADMINISTRATOR, ApiError, Request, required
from local.redshift.responses import Answer
from local.redshift.roles import DATABASE, USER


def serverless(operation: str, request: Request) -> Answer:
    """Answer one operation. The warehouse has no tags: it is nobody's to delete."""
    if operation == "GetWorkgroup":
        name = required(request, "workgroupName")
        return {"workgroup": {"workgroupName": name, "namespaceName": name, "workgroupArn": _arn("workgroup")}}
    if operation == "GetNamespace":
        name = required(request, "namespaceName")
        admin = {"adminUsername": USER, "adminPasswordSecretArn": ADMINISTRATOR}
        return {"namespace": {"namespaceName": name, "namespaceArn": _arn("namespace"), "dbName": DATABASE, **admin}}
    if operation == "ListTagsForResource":
        return {"tags": []}
    raise ApiError("UnknownOperationException", f"{operation} is not emulated by the local Redshift")


def _arn(kind: str) -> str:
    return f"arn:aws:redshift-serverless:eu-west-1:000000000000:{kind}/local"
