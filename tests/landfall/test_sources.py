"""`landfall sources` and `fetch`, against an API that answers as ours does."""

from __future__ import annotations

from typing import Any

from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import FakeApi


def source(**changes: Any) -> dict[str, Any]:
    usual = {"object": "crm", "kind": "http", "state": "WAITING", "read_up_to": "2026-01-31T00:00:00.000000Z"}
    later = {"next_at": "2026-01-31T00:15:00.000Z", "behind": False, "tries": 0, "error": None}
    return {**usual, **later, **changes}


def test_sources_are_shown_with_what_failed(landfall: Landfall, api: FakeApi) -> None:
    error = {"code": "SOURCE_SILENT", "message": "https://api.example did not answer"}
    failing = source(object="shop", state="FAILING", read_up_to=None, behind=True, tries=3, error=error)
    api.answers = {"GET /sources": [(200, {"sources": [source(), failing]})]}
    done = landfall("sources")
    assert done.code == 1
    assert done.out.splitlines() == [
        "crm (http): WAITING, read up to 2026-01-31T00:00:00.000000Z, next at 2026-01-31T00:15:00.000Z",
        "shop (http): FAILING, not read yet, next at 2026-01-31T00:15:00.000Z, behind its schedule",
        "  https://api.example did not answer (SOURCE_SILENT; 3 tries)",
    ]
    [line] = landfall("sources", "--json").lines
    assert line == {"sources": [source(), failing]}


def test_no_source(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {"GET /sources": [(200, {"sources": []})]}
    done = landfall("sources")
    assert (done.code, done.out) == (0, "no contract has a source\n")


def test_a_source_is_read_now_or_again(landfall: Landfall, api: FakeApi) -> None:
    api.answers = {"POST /sources/crm": [(202, source())]}
    assert landfall("fetch", "crm").out.startswith("requested: crm (http): WAITING")
    assert landfall("fetch", "crm", "--from", "2026-01-01", "--to", "2026-01-02", "--json").lines == [source()]
    assert [body for _, _, body in api.asked] == [{}, {"from": "2026-01-01", "to": "2026-01-02"}]
    assert landfall("fetch", "crm", "--from", "2026-01-01").code == 2
