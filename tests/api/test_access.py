"""Nobody gets past without a token of a sufficient role, whatever stands in front of the handlers."""

from __future__ import annotations

import pytest
from chalice.app import AuthRequest, AuthResponse

import app as application
from chalicelib import bootstrap
from chalicelib.api import handlers, routes
from chalicelib.api.authorization import ALLOWED_ROUTES, authorized
from tests.support.api import Api

ENTRIES = [(path, method, entry) for path, by in application.app.routes.items() for method, entry in by.items()]
DECLARED = {(route.path, route.method): route for route in routes.ROUTES}
NAMES = [f"{method} {path}" for path, method, _ in ENTRIES]
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc/api/GET/runs"


def pattern(path: str) -> str:
    """A route as policies write it."""
    return path.split("{", 1)[0] + "*" if "{" in path else path


@pytest.mark.parametrize(("path", "method", "entry"), ENTRIES, ids=NAMES)
def test_every_route_has_the_authorizer_and_a_guard(path: str, method: str, entry) -> None:
    assert entry.authorizer is application.authorize
    route = DECLARED[path, method]
    assert callable(getattr(handlers, route.handler))
    assert (route.role == "operator") == (method != "GET")
    assert (pattern(path), method) in ALLOWED_ROUTES[route.role]


def test_policies_hold_no_route_that_is_not_there() -> None:
    there = {(pattern(path), method) for path, method, _ in ENTRIES}
    assert set(ALLOWED_ROUTES["operator"]) == there
    assert set(ALLOWED_ROUTES["reader"]) == {(path, method) for path, method in there if method == "GET"}


@pytest.mark.parametrize(("path", "method", "entry"), ENTRIES, ids=NAMES)
def test_no_token_no_answer(api: Api, path: str, method: str, entry) -> None:
    place = path.replace("{name}", "thing").replace("{file}", "thing")
    assert api.ask(method, place, None).status == 401
    wrong = api.ask(method, place, "guess")
    assert (wrong.status, wrong.code) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(("path", "method", "entry"), ENTRIES, ids=NAMES)
@pytest.mark.parametrize("token", [None, "", "guess", "read-m", "run-me2"])
def test_a_handler_checks_for_itself(api: Api, path: str, method: str, entry, token: str | None) -> None:
    args = dict.fromkeys(entry.view_args, "thing")
    answer = api.direct(method, path, path=args, token=token)
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    assert "Authorization: Bearer" in answer.message


def test_a_reader_may_not_start_runs(api: Api) -> None:
    assert api.post("/runs/thing", token="read-me").status == 403
    answer = api.direct("POST", "/runs/{name}", path={"name": "thing"}, token="read-me")
    assert (answer.status, answer.code) == (403, "FORBIDDEN")
    assert "operator" in answer.message


def test_an_operator_may_do_what_a_reader_may(api: Api) -> None:
    for token in ("read-me", "run-me"):
        assert api.get("/runs", token).status == 200
        assert api.get("/health", token).status == 200


@pytest.mark.parametrize(
    "header", ["read-me", "Basic read-me", "Bearer", "Bearer ", "", "Bearer read-me extra", "Bearer é"]
)
def test_only_the_bearer_scheme_counts(api: Api, header: str) -> None:
    assert api.ask("GET", "/runs", None, Authorization=header).status == 401


def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    assert api.ask("GET", "/runs", None, authorization="bearer  read-me").status == 200


@pytest.mark.parametrize("role", ["reader", "operator"])
def test_the_policy_holds_all_routes_of_the_role(api: Api, role: str) -> None:
    """Gateway keeps it per token: were it about the asked route only, the next request would be refused."""
    token = {"reader": "read-me", "operator": "run-me"}[role]
    request = AuthRequest("TOKEN", f"Bearer {token}", ARN)
    answer = authorized(bootstrap.wired().tokens, request)
    assert isinstance(answer, AuthResponse)
    policy = answer.to_dict(request)
    (statement,) = policy["policyDocument"]["Statement"]
    base = ARN.rsplit("/", 2)[0]
    assert set(statement["Resource"]) == {f"{base}/{method}{path}" for path, method in ALLOWED_ROUTES[role]}
    assert policy["context"] == {"role": role}


def test_an_unknown_token_gets_gateways_401(api: Api) -> None:
    """API Gateway answers 401 to an authorizer's exception of exactly this text, and 500 to any other."""
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorized(bootstrap.wired().tokens, AuthRequest("TOKEN", "Bearer guess", ARN))
