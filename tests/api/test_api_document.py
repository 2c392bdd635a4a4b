"""docs/reference/api.md names every route, field and error code there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app as application
from chalicelib import errors
from chalicelib.api import requests, responses
from tests.support.api import GOOD, Api

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
OURS = (*responses.STATUS, errors.Throttled)
CODES = {kind.code for kind in OURS if hasattr(kind, "code")} | {
    *responses.CHALICE_CODES.values(),
    "INTERNAL",
    "CONFLICT",
    "BAD_CURSOR",
}


@pytest.mark.parametrize("path", [path for path in application.app.routes if not path.endswith(("{b}", "{c}", "{d}"))])
def test_every_route_is_documented(path: str) -> None:
    for method in application.app.routes[path]:
        shown = path.replace("{name}", "{run}" if method == "DELETE" else "{object}")
        assert f"`{method} {shown}`" in DOCUMENT


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_documented(code: str) -> None:
    assert f"`{code}`" in DOCUMENT


def test_every_field_is_documented(api: Api) -> None:
    api.land("incoming/thing/a.csv", GOOD)
    shown = api.get("/status/a.csv").body
    nested = {name for part in shown.values() if isinstance(part, dict) for name in part}
    missing = {name for name in {*shown, *nested} if f"`{name}`" not in DOCUMENT and f'"{name}"' not in DOCUMENT}
    assert not missing


def test_every_field_of_a_rerun_is_documented() -> None:
    orders = (requests.RerunRequest, requests.BackfillRequest, requests.RedriveRequest)
    assert all(f"`{name}`" in DOCUMENT for order in orders for name in order.__dataclass_fields__)


SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "chalicelib").rglob("*.py"))
SHOWN = {
    key for block in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL) for key in re.findall(r'"(\w+)":', block)
}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_every_field_that_is_shown_exists_in_the_code(name: str) -> None:
    assert f'"{name}"' in SOURCES or re.search(rf"^    {name}: ", SOURCES, re.MULTILINE)


def test_the_status_that_is_shown_has_the_fields_of_a_real_one(api: Api) -> None:
    api.land("incoming/thing/a.csv", GOOD)
    (shown,) = re.findall(r"## GET /status/[^`]*```json\n\{(.*?)\}\n```", DOCUMENT, re.DOTALL)
    while re.search(r"\{[^{}]*\}", shown):
        shown = re.sub(r"\{[^{}]*\}", "0", shown)
    assert set(re.findall(r'"(\w+)":', shown)) == set(api.get("/status/a.csv").body)
