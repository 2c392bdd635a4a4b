"""A sheet's rows on their way: what Google answers, as it lands, is staged, and rejects name their cells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.adapters.memory import MemoryClock
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.sources.google_server import Google, error, number, served_google, text
from tests.sources.sheets_world import SheetsWorld
from tests.sources.site import Site
from tests.support.settings import BUCKET
from tests.support.staged_rows import staged

CONTRACT = """
name = "thing"
format = "json"
target = "landing.things"
key = ["id"]
extra_columns = "ignore"
[columns]
id = { type = "varchar(16)", required = true }
amount = { type = "decimal(5,2)" }
due = { type = "date" }
seen_at = { type = "timestamptz", aliases = ["Updated at"] }
[source]
"""


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    yield from served_google()


@pytest.mark.parametrize("size", [1 << 20, 100])
def test_rows_are_staged_and_rejects_name_their_cells(google: Google, size: int) -> None:
    world = SheetsWorld(MemoryClock(1_800_000_000.0), google)
    sheet, day = world.drive.sheet, number("46023", "DATE")
    sheet.rows, sheet.columns = 8, 6
    sheet.write(1, text("id"), text("Updated at"), text("Amount"), text("Note"), text("Due"))
    sheet.write(2, text("001"), number("46204.5", "DATE_TIME"), number("12.3"), error("REF", "#REF!"), day)
    sheet.write(3, text("002"), None, number("1.005"), None, day)
    sheet.write(4, text("003"), None, None, None, number("2026"))
    sheet.write(5, None, None, number("1"))
    sheet.write(7, text("005"), error("N_A", "#N/A"))
    sheet.write(8, text("006"))
    contract = read_contract("thing.toml", (CONTRACT + world.source_toml).encode())
    world.columns = contract.columns
    site = Site(world)
    site.tick()
    [key] = site.files()
    good, reasons = staged(contract, site.objects.get(BUCKET, key), size)
    assert [row.partition(b'"001"')[2] or row.partition(b'"006"')[1] for row in good] == [
        b',12.3,"2026-01-01","2026-07-01 12:00:00+02:00"',
        b'"006"',
    ]
    assert [reason.rpartition("(")[2] for reason in reasons] == ["Things!C3)", "Things!E4)", "Things!A5)", "Things!B7)"]
    assert "is the error #N/A" in reasons[3]
