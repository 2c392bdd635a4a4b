"""An account with one stage, as far as a smoke test needs it."""

from __future__ import annotations

from typing import Any

from tests.packaging.gateway import Gateway

ARN = "arn"
NAMES = "Bucket=landing TokensSecret=landfall-dev-tokens Workgroup=ours Database=sales"
OUTPUTS = dict(name.split("=") for name in NAMES.split())


class Meta:
    def __init__(self, endpoint: str) -> None:
        self.endpoint_url = endpoint


class Account(Gateway):
    """An account with one stage: its stack, its tokens, its API Gateway."""

    def __init__(self, *, endpoint: str = "https://apigateway.eu-west-1.amazonaws.com", keeps: bool = True) -> None:
        super().__init__(api="landfall-dev-authorize")
        self.meta, self.keeps, self.tokens = Meta(endpoint), keeps, '{"tokens": []}'

    def client(self, service: str) -> Any:
        return self

    def describe_stacks(self, **request: str) -> Any:
        assert request == {"StackName": "landfall-dev"}
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in OUTPUTS.items()]}]}

    def get_workgroup(self, **_request: str) -> Any:
        return {"workgroup": {"namespaceName": "ours"}}

    def get_namespace(self, **_request: str) -> Any:
        return {"namespace": {"adminPasswordSecretArn": ARN} if self.keeps else {}}

    def get_secret_value(self, **request: str) -> Any:
        assert list(request.values()) == ["landfall-dev-tokens"]
        return {"SecretString": self.tokens}

    def put_secret_value(self, **request: str) -> None:
        self.tokens = request["SecretString"]
