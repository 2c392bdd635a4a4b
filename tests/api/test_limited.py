"""A token that is limited to objects: for it the others do not exist, and no answer tells the difference."""

from __future__ import annotations

import json
from typing import Any

import pytest

import app as application
from chalicelib.api.authorization import ALLOWED_ROUTES, GLOBAL_ROUTES
from tests.support.api import BAD, GOOD, KEY, Answer, Api, seg

OTHER = "monthly_data/things_May-2026.csv"
LIMITED = "things-alone"
"""An operator's token for the object `thing`."""


@pytest.fixture
def both(api: Api) -> Api:
    """A loaded file of each object, and a refused one of each."""
    for key in (KEY, OTHER):
        api.land(key, GOOD)
        api.land(key.replace(".csv", "-2.csv").replace("May-2026-2", "June-2026"), BAD)
    return api


def ask(api: Api, method: str, path: str, body: Any = None) -> Answer:
    return api.ask(method, path, LIMITED, b"" if body is None else json.dumps(body).encode())


def test_lists_have_only_its_objects(both: Api) -> None:
    listed = ask(both, "GET", "/runs").body["runs"]
    assert {run["object"] for run in listed} == {"thing"}
    assert len(both.get("/runs").body["runs"]) == 2 * len(listed) == 4
    assert ask(both, "GET", "/runs?object=thing").body["runs"] == listed


CORRECTION = {
    "generation": 1,
    "columns": ["id", "value", "amount"],
    "rows": [{"byte_offset": 16, "values": list("abc")}],
}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/status/{}", None),
        ("GET", "/rejects/{}", None),
        ("POST", "/rejects/{}", CORRECTION),
        ("POST", "/runs/{}", None),
        ("POST", "/runs/{}", {"dry_run": True}),
        ("DELETE", "/runs/{}", None),
    ],
)
@pytest.mark.parametrize("named", ["key", "name", "id"])
def test_a_file_of_another_object_is_answered_as_unknown(
    both: Api, method: str, path: str, body: Any, named: str
) -> None:
    run = both.run_of(OTHER)
    hidden = {"key": OTHER, "name": run.source.name, "id": run.run_id}[named]
    unknown = {"key": OTHER.replace("May", "Mai"), "name": "none.csv", "id": "0" * 32}[named]
    before = dict(both.deployment.runs.runs)
    there, nowhere = (ask(both, method, path.format(seg(name)), body) for name in (hidden, unknown))
    assert there.status == nowhere.status == 404
    assert there.message.replace(hidden, "x") == nowhere.message.replace(unknown, "x")
    assert "monthly" not in there.message.replace(hidden, "x")
    assert both.deployment.runs.runs == before


def test_a_key_of_another_object_is_unknown_before_it_has_a_run(both: Api) -> None:
    both.land("monthly_data/things_July-2026.csv", GOOD, run=False)
    assert ask(both, "POST", f"/runs/{seg('monthly_data/things_July-2026.csv')}").status == 404


@pytest.mark.parametrize("path", ["/runs?object={}", "/status/{}"])
def test_another_object_is_answered_as_unknown(both: Api, path: str) -> None:
    there, nowhere = (ask(both, "GET", path.format(name)) for name in ("monthly", "nothing"))
    assert (there.status, nowhere.status) == (404, 404)
    assert there.message.replace("monthly", "x") == nowhere.message.replace("nothing", "x")


def test_a_run_of_another_object_by_name_starts_nothing(both: Api) -> None:
    there, nowhere = (ask(both, "POST", f"/runs/{name}") for name in ("monthly", "nothing"))
    assert (there.status, nowhere.status) == (404, 404)
    assert there.message.replace("monthly", "x") == nowhere.message.replace("nothing", "x")


def test_its_own_files_are_run_and_seen(both: Api) -> None:
    assert ask(both, "GET", f"/status/{seg(KEY)}").status == 200
    started = ask(both, "POST", "/runs/thing").body["runs"]
    assert [run["object"] for run in started] == ["thing"]
    assert ask(both, "POST", f"/runs/{seg(KEY)}").status == 202


def test_requests_on_every_object_are_refused(both: Api) -> None:
    for path, method in GLOBAL_ROUTES:
        assert ask(both, method, path).status == 403
        answer = both.direct(method, path, token=LIMITED)
        assert (answer.status, answer.code) == (403, "FORBIDDEN")


def test_health_counts_only_its_objects(both: Api) -> None:
    found = ask(both, "GET", "/health").body
    assert (found["contracts"], both.get("/health").body["contracts"]) == (1, 2)


def test_gateway_allows_no_route_on_every_object(api: Api) -> None:
    arn = "arn:aws:execute-api:eu-west-1:123456789012:abc/api/GET/runs"
    allowed = application.authorize(
        {"type": "TOKEN", "authorizationToken": f"Bearer {LIMITED}", "methodArn": arn}, None
    )["policyDocument"]["Statement"][0]["Resource"]
    assert not [r for r in allowed if r.endswith(("/backfill", "/redrive"))]
    assert len(allowed) == len(ALLOWED_ROUTES["operator"]) - len(GLOBAL_ROUTES)
