"""API Gateway's own answers, in the form of the API's errors.

Gateway's default answers reveal whether a path exists, and quote the Authorization header of a call that Gateway cannot
parse. These have fixed texts, and one answer for every caller whose token is unknown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from chalicelib.api.authorization import WHO

REFUSED = "the gateway refused the request before it reached the API"
BROKEN = "the API failed, or took too long; the log of the function has the reason"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of Gateway's."""

    code: str
    message: str
    status: str = ""
    """Empty to keep Gateway's own."""
    retry_after: str = ""

    @property
    def template(self) -> str:
        """Its body: a text without variables, so it cannot contain any part of the request."""
        return json.dumps({"error": {"code": self.code, "message": self.message}})

    @property
    def headers(self) -> dict[str, str]:
        """Its headers. Gateway takes fixed values in quotes."""
        return {"Retry-After": f"'{self.retry_after}'"} if self.retry_after else {}


_UNKNOWN = Answer(code="UNAUTHORIZED", message=WHO, status="401")
ANSWERS = {
    "UNAUTHORIZED": _UNKNOWN,
    "MISSING_AUTHENTICATION_TOKEN": _UNKNOWN,  # Gateway's name for a path or method that does not exist
    "INVALID_SIGNATURE": _UNKNOWN,
    "EXPIRED_TOKEN": _UNKNOWN,
    "INVALID_API_KEY": _UNKNOWN,
    "ACCESS_DENIED": Answer(code="FORBIDDEN", message="the token's role does not reach that far", status="403"),
    "THROTTLED": Answer(code="THROTTLED", message="too many calls; try again later", status="429", retry_after="5"),
    "REQUEST_TOO_LARGE": Answer(code="BAD_REQUEST", message="the request is too large", status="413"),
    "DEFAULT_4XX": Answer(code="REFUSED", message=REFUSED),
    "DEFAULT_5XX": Answer(code="INTERNAL", message=BROKEN),
}
"""Answers by Gateway's name for the error. The DEFAULT ones are for every error without a name here."""


def in_template() -> dict[str, Any]:
    """Return the answers in the form of the template's API."""
    return {
        name: {
            "ResponseTemplates": {"application/json": answer.template},
            **({"StatusCode": int(answer.status)} if answer.status else {}),
            **({"ResponseParameters": {"Headers": answer.headers}} if answer.headers else {}),
        }
        for name, answer in ANSWERS.items()
    }


def put_gateway_responses(apigateway: Any, rest_api: str, stage: str) -> None:
    """Give a deployed API these answers. They take effect with its next deployment, so a change deploys it."""
    found = apigateway.get_gateway_responses(restApiId=rest_api, limit=500)["items"]
    known = {response["responseType"]: response for response in found}
    changed = {
        name: wanted for name, answer in ANSWERS.items() if not _has(known.get(name, {}), wanted := _put(answer))
    }
    for name, wanted in changed.items():
        apigateway.put_gateway_response(restApiId=rest_api, responseType=name, **wanted)
    if changed:
        apigateway.create_deployment(restApiId=rest_api, stageName=stage)


def _put(answer: Answer) -> dict[str, Any]:
    """Return an answer in the form of Gateway's API."""
    parameters = {f"gatewayresponse.header.{name}": value for name, value in answer.headers.items()}
    return {
        "responseTemplates": {"application/json": answer.template},
        "responseParameters": parameters,
        **({"statusCode": answer.status} if answer.status else {}),
    }


def _has(known: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all((known.get(name) or {}) == value for name, value in wanted.items())
