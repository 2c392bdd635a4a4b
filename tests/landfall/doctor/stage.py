"""An account with one stage, as far as a smoke test needs it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from tests.packaging.gateway import Gateway

ARN = "arn"
NAMES = "Bucket=landing TokensSecret=landfall-dev-tokens Workgroup=ours Database=sales"
OUTPUTS = dict(name.split("=") for name in NAMES.split())


class Meta:
    def __init__(self, endpoint: str) -> None:
        self.endpoint_url = endpoint


class NotCurrentError(Exception):
    """The version that a call names is not the current one."""


class Secrets:
    """One secret and its versions, of which the last that was made current is read."""

    exceptions = SimpleNamespace(InvalidParameterException=NotCurrentError, ResourceNotFoundException=KeyError)

    def __init__(self, text: str) -> None:
        self.versions, self.current = [text], 0

    @property
    def content(self) -> Any:
        return json.loads(self.versions[self.current])

    def get_secret_value(self, **request: str) -> Any:
        assert (request["SecretId"], request["VersionStage"]) == ("landfall-dev-tokens", "AWSCURRENT")
        return {"SecretString": self.versions[self.current], "VersionId": str(self.current)}

    def put_secret_value(self, **request: Any) -> Any:
        assert "AWSCURRENT" not in request["VersionStages"]
        self.versions.append(request["SecretString"])
        return {"VersionId": str(len(self.versions) - 1)}

    def update_secret_version_stage(self, **request: str) -> None:
        if request["RemoveFromVersionId"] != str(self.current):
            raise NotCurrentError
        self.current = int(request["MoveToVersionId"])


class Account(Gateway):
    """An account with one stage: its stack, its tokens, its API Gateway."""

    def __init__(self, *, endpoint: str = "https://apigateway.eu-west-1.amazonaws.com", keeps: bool = True) -> None:
        super().__init__(api="landfall-dev-authorize")
        self.meta, self.keeps = Meta(endpoint), keeps
        self.secrets = Secrets('{"tokens": [], "note": "kept"}')

    def client(self, service: str) -> Any:
        return self.secrets if service == "secretsmanager" else self

    def describe_stacks(self, **request: str) -> Any:
        assert request == {"StackName": "landfall-dev"}
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in OUTPUTS.items()]}]}

    def get_workgroup(self, **_request: str) -> Any:
        return {"workgroup": {"namespaceName": "ours"}}

    def get_namespace(self, **_request: str) -> Any:
        return {"namespace": {"adminPasswordSecretArn": ARN} if self.keeps else {}}
