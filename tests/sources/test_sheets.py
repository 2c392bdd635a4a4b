"""Google Sheets: cells, headers, what is asked of Google, and its refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.errors import Refused, Retryable
from chalicelib.sources.sheets.google import Google as Client
from chalicelib.sources.source import Paused, Window
from tests.sources.google_server import (
    FILE,
    Google,
    Sheet,
    boolean,
    error,
    number,
    refusal,
    served_google,
    text,
)
from tests.sources.server import Answer
from tests.sources.sheets_world import SheetsWorld, secret
from tests.sources.site import Site

NOW = 1_800_000_000.0
OSLO = ZoneInfo("Europe/Oslo")
ALL = Window(start="", stop="9")


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    yield from served_google()


@pytest.fixture
def make(google: Google) -> Callable[..., SheetsWorld]:
    return lambda more="": SheetsWorld(MemoryClock(NOW), google, more)


@pytest.fixture
def world(make: Callable[..., SheetsWorld]) -> SheetsWorld:
    return make()


def read(world: SheetsWorld, token: str = "") -> list[dict[str, Any]]:
    pages = Site(world).source().pages(ALL, token)
    return [json.loads(line) for page in pages for line in page.content.decode().splitlines()]


def test_values_land_as_the_sheet_has_them(world: SheetsWorld) -> None:
    sheet = world.drive.sheet
    sheet.rows, sheet.columns = 9, 6
    sheet.write(1, text("n"), text("b"), text("t"), left=2)
    sheet.write(2, text("00123"), None, number("0.30000000000000004", "CURRENCY"), boolean(True), text(""))
    sheet.write(5, text('a "b"\n'), None, number("1.2E+30"))
    first, second = read(world)
    nothing = {"Updated at": None, "b": None, "t": None}
    assert first == {**nothing, "_cell": "Things!A2", "id": "00123", "n": 0.30000000000000004, "b": True, "t": ""}
    assert second == {**nothing, "_cell": "Things!A5", "id": 'a "b"\n', "n": 12 * 10**29}


def test_errors_and_merged_cells_are_faults_of_their_rows(world: SheetsWorld) -> None:
    world.drive.sheet.rows = 4
    world.drive.sheet.write(2, text("a"), error("DIVIDE_BY_ZERO", "#DIV/0!"))
    world.drive.sheet.write(3, text("b"), number("46023", "DATE"))
    world.drive.sheet.write(4, text("c"))
    world.drive.sheet.merges = [{"startRowIndex": 2, "endRowIndex": 4, "startColumnIndex": 1, "endColumnIndex": 2}]
    faults = [row.get("_fault", {}) for row in read(world)]
    assert faults[0] == {"Updated at": "is the error #DIV/0!; correct the formula or the cell"}
    assert faults[1] == {}
    assert "merged" in faults[2]["Updated at"]


def test_a_formula_that_is_being_calculated_is_tried_again(world: SheetsWorld) -> None:
    world.drive.sheet.write(2, text("a"), error("LOADING", "Loading..."))
    with pytest.raises(Retryable, match="calculating"):
        read(world)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([], r"Things!A1 has no column name"),
        ([text("id"), None, text("x")], r"Things!B1 has no column name, between others"),
        ([text("Order ID"), text("x"), text("order_id")], r"Things!C1 repeats the column name of Things!A1"),
        ([text("id"), text("_cell")], r"Things!B1 has the name _cell"),
        ([text("id")], r"Things!C2 has a value, but Things!C1 has no column name"),
        ([None, text("id")], r"Things!A2 has a value, but Things!A1 has no column name"),
    ],
)
def test_a_faulty_header_names_its_cell(world: SheetsWorld, cells: list[Any], fault: str) -> None:
    sheet = world.drive.sheet
    sheet.cells.clear()
    sheet.write(1, *cells)
    sheet.write(2, text("1"), None, text("note"))
    with pytest.raises(Refused, match=fault):
        read(world)


def test_columns_and_header_row_limit_what_is_read(make: Callable[..., SheetsWorld]) -> None:
    world = make('columns = "B:C"\nheader_row = 3\nsheet = "a\'b/DF1"')
    sheet = Sheet(title="a'b/DF1", rows=5)
    world.drive.sheets = [Sheet(title="Chart", kind="OBJECT"), world.drive.sheet, sheet]
    sheet.write(1, text("A title"), text("of the report"))
    sheet.write(3, text("note"), text("id"), text("Updated at"), text("note"))
    sheet.write(4, text("1"), text("a"), None, text("2"))
    assert read(world) == [{"_cell": "'a''b/DF1'!B4", "id": "a", "Updated at": None}]


def test_a_sheet_that_does_not_exist_is_named(make: Callable[..., SheetsWorld]) -> None:
    with pytest.raises(Refused, match='no sheet "Gone"; it has "Things"'):
        read(make('sheet = "Gone"'))


def test_a_reading_continues_at_a_row(world: SheetsWorld) -> None:
    for name in "abcde":
        world.add(NOW, name)
    assert [row["id"] for row in read(world, "4")] == ["c", "d", "e"]


def test_an_unchanged_file_is_not_read_again(world: SheetsWorld) -> None:
    site = Site(world)
    world.add(NOW, "a")
    site.ticks(30)
    assert len([url for url in world.drive.requests if "ranges" in url]) == 2  # the header, and a page
    assert site.landed() == ["a"]


def test_formulas_that_change_alone_can_be_read_each_time(make: Callable[..., SheetsWorld]) -> None:
    world = make("every_time = true")
    site = Site(world)
    world.add(NOW, "a")
    site.ticks(10)
    world.drive.sheet.write(2, text("b"))
    site.ticks(10)
    assert set(site.landed()) == {"a", "b"}


def test_a_version_after_each_reading_is_later(make: Callable[..., SheetsWorld]) -> None:
    """If the contract stops to read the sheet each time, its next change is read nevertheless."""
    often, seldom = Site(make("every_time = true")), Site(make())
    often.tick()
    done = often.progress.done
    seldom.world.add(NOW, "a")
    seldom.world.add(NOW, "b")
    assert seldom.source().position() > done


LIMITED = (
    refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded"),
    refusal(503, "UNAVAILABLE", "later", **{"Retry-After": "30"}),
    refusal(403, "PERMISSION_DENIED", "Rate Limit Exceeded", "rateLimitExceeded"),
)


@pytest.mark.parametrize(("answer", "seconds"), [*zip(LIMITED, (60, 30, 60), strict=True)])
def test_a_limit_is_a_pause_and_the_reading_goes_on(world: SheetsWorld, answer: Answer, seconds: float) -> None:
    world.drive.instead = [answer]
    with pytest.raises(Paused) as caught:
        read(world)
    assert caught.value.seconds == seconds
    site = Site(world)
    world.add(NOW, "a")
    world.drive.instead = [None, None, None, answer]
    site.ticks(10)
    assert (site.landed(), site.progress.code) == (["a"], "")


def test_a_passing_fault_is_tried_again(world: SheetsWorld) -> None:
    world.add(NOW, "a")
    world.drive.instead = [refusal(500, "INTERNAL", ""), (200, {}, b"<html>"), None, refusal(502, "", "")]
    assert [row["id"] for row in read(world)] == ["a"]
    assert world.slept == [1, 2, 1]


def test_an_expired_token_is_renewed(world: SheetsWorld) -> None:
    world.add(NOW, "a")
    read(world)
    issued, world.drive.valid = world.drive.issued, "another"
    assert [row["id"] for row in read(world)] == ["a"]
    assert world.drive.issued == issued + 1


FINAL = (
    (refusal(403, "PERMISSION_DENIED", "The caller does not have permission"), "share it with robot@project"),
    (refusal(404, "NOT_FOUND", "Requested entity was not found."), "share it with robot@project"),
    (refusal(403, "PERMISSION_DENIED", "has not been used", "SERVICE_DISABLED"), "is not enabled in the project"),
    (refusal(400, "FAILED_PRECONDITION", "This operation is not supported"), "not an Excel workbook"),
)


@pytest.mark.parametrize(("answer", "fault"), FINAL)
def test_a_refusal_tells_what_to_do(world: SheetsWorld, answer: Answer, fault: str) -> None:
    world.drive.instead = [answer]
    with pytest.raises(Refused, match=fault):
        read(world)


def test_a_sheet_that_shrinks_is_read_again(world: SheetsWorld) -> None:
    world.drive.instead = [None, *[refusal(400, "INVALID_ARGUMENT", "Range ('T'!A1:B9) exceeds grid limits.")] * 3]
    with pytest.raises(Retryable, match="smaller"):
        read(world)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"private_key": "THE-KEY"}, "not the key of a service account"),
        ({"client_email": ""}, "not the key of a service account"),
        ({"token_uri": "https://attacker.example/token"}, "token_uri is not"),
    ],
)
def test_a_faulty_key_is_refused_without_its_text(google: Google, changed: dict[str, str], fault: str) -> None:
    with pytest.raises(Refused, match=fault) as caught:
        Client(secret(google) | changed, google.service, FILE)
    assert "THE-KEY" not in str(caught.value)
    assert "attacker" not in str(caught.value)


def test_no_key_or_token_is_in_what_is_noted(world: SheetsWorld, caplog: pytest.LogCaptureFixture) -> None:
    site = Site(world)
    world.drive.instead = [answer for answer, _ in FINAL]
    site.ticks(60)
    seen = caplog.text + repr(site.notes) + repr(site.progress) + repr(site.notifier.__dict__)
    assert "SOURCE_NOT_SHARED" in seen
    assert "BEGIN PRIVATE" not in seen
    assert "of-the-secret" not in seen
