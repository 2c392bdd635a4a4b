"""What API Gateway answers by itself: our form, no word of the request, and no hint at which paths exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.stage import stages
from deploy.template.gateway import ANSWERS, in_template, put_gateway_responses
from deploy.template.infra import infra
from deploy.template.merge import merge


class Gateway:
    """Holds answers as API Gateway does: those that nobody has put are its own."""

    def __init__(self) -> None:
        own = {"responseTemplates": {"application/json": '{"message":$context.error.messageString}'}}
        self.answers: dict[str, dict[str, Any]] = {name: {**own, "defaultResponse": True} for name in ANSWERS}
        self.deployed: list[dict[str, Any]] = []
        self.puts = 0

    def get_gateway_responses(self, *, restApiId: str, limit: int) -> dict[str, Any]:  # noqa: N803
        assert (restApiId, limit) == ("abc", 500)
        return {"items": [{"responseType": name, **said} for name, said in self.answers.items()]}

    def put_gateway_response(self, *, restApiId: str, responseType: str, **said: Any) -> None:  # noqa: N803
        self.puts += 1
        self.answers[responseType] = {"defaultResponse": False, **said}

    def create_deployment(self, **said: Any) -> None:
        self.deployed.append(said)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_has_our_form_and_nothing_of_the_request(name: str) -> None:
    template = ANSWERS[name].template
    assert "$" not in template
    assert set(json.loads(template)["error"]) == {"code", "message"}


def test_nobody_learns_from_them_which_paths_exist() -> None:
    """Without a token that is known: a path that is there, one that is not, and a header that Gateway cannot read."""
    asked = ("UNAUTHORIZED", "MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN", "INVALID_API_KEY")
    assert len({(ANSWERS[name].status, ANSWERS[name].template) for name in asked}) == 1
    assert ANSWERS["UNAUTHORIZED"].status == "401"


@pytest.mark.parametrize("stage", stages())
def test_the_template_has_them_all(stage: str) -> None:
    said = merge(stage)["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    assert said == in_template()
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "ACCESS_DENIED", "THROTTLED"} < set(said)
    for name, answer in said.items():
        assert answer["ResponseTemplates"] == {"application/json": ANSWERS[name].template}
        assert answer.get("StatusCode", "") == (int(ANSWERS[name].status) if ANSWERS[name].status else "")
    assert said["THROTTLED"]["ResponseParameters"] == {"Headers": {"Retry-After": "'5'"}}


def test_they_are_put_once_and_deployed_when_one_has_changed() -> None:
    gateway = Gateway()
    for _ in range(2):
        put_gateway_responses(gateway, "abc", "api")
        assert gateway.puts == len(ANSWERS)
        assert gateway.deployed == [{"restApiId": "abc", "stageName": "api"}]
    gateway.answers["DEFAULT_4XX"] = {"responseTemplates": {}}
    put_gateway_responses(gateway, "abc", "api")
    assert gateway.puts == len(ANSWERS) + 1
    assert len(gateway.deployed) == 2
    assert all(
        said["responseTemplates"]["application/json"] == ANSWERS[n].template for n, said in gateway.answers.items()
    )


def test_the_copy_role_is_for_this_account_and_region_only() -> None:
    """IfExists: AWS documents neither key for COPY."""
    [trust] = infra("dev")["Resources"]["CopyRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]}
    where = "${AWS::Region}:${AWS::AccountId}:*"
    assert trust["Condition"] == {
        "StringEqualsIfExists": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLikeIfExists": {
            "aws:SourceArn": [
                {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{where}"}
                for service in ("redshift-serverless", "redshift")
            ]
        },
    }
