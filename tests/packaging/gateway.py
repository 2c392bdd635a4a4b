"""An API Gateway in memory, and what a started deployment leaves there."""

from __future__ import annotations

import io
import zipfile
from typing import Any

PREFIX = "arn:aws:lambda:eu-west-1:123456789012:function"


class Gateway:
    """An API Gateway with APIs by their ids, and the function that each asks for permission."""

    def __init__(self, **asks: str) -> None:
        self.asks = asks

    def get_paginator(self, name: str) -> Gateway:
        assert name == "get_rest_apis"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        """Chalice names them after the app, in each stage; others have other names, and perhaps our authorizer."""
        named = [{"id": id_, "name": "other" if id_ == "other" else "landfall"} for id_ in self.asks]
        return [{"items": named[:1]}, {"items": named[1:]}]

    def get_authorizers(self, **which: str) -> dict[str, Any]:
        uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{PREFIX}:{self.asks[which['restApiId']]}"
        return {"items": [{"authorizerUri": f"{uri}/invocations"}]}


def begun(session: Any, stage: str, *names: str) -> None:
    """Roles and functions of a stage."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("app.py", "")
    for name in names:
        role = session.client("iam").create_role(RoleName=f"landfall-{stage}-{name}", AssumeRolePolicyDocument="{}")
        session.client("lambda").create_function(
            FunctionName=f"landfall-{stage}" if name == "api_handler" else f"landfall-{stage}-{name}",
            Role=role["Role"]["Arn"],
            Runtime="python3.13",
            Handler="app.app",
            Code={"ZipFile": zipped.getvalue()},
        )
