"""The faults of a source that is a sheet, each with file, key and fix."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.source.settings import SheetsSettings
from chalicelib.errors import ContractError

ID = "1AbCdEfGhIjKlMnOpQrStUvWxYz-0123456789"
HEAD = """
name = "thing"
format = "json"
target = "landing.things"
key = ["id"]
[columns]
id = { type = "bigint", required = true }
"""
SHEET = f'''
[source]
kind = "sheets"
every = "1h"
secret = "google"
[source.sheets]
spreadsheet = "{ID}"
columns = "A:F"
'''


def test_a_sheet_is_read() -> None:
    contract = read_contract("thing.toml", (HEAD + SHEET).encode())
    assert contract.of_sheet
    assert contract.source
    assert contract.source.sheets == SheetsSettings(spreadsheet=ID, columns="A:F")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (ID, f"https://docs.google.com/spreadsheets/d/{ID}/edit", "spreadsheet: is not the id of a spreadsheet"),
        (f'spreadsheet = "{ID}"', "", "source.sheets.spreadsheet: is missing"),
        ("A:F", "A-F", 'columns: "A-F" is not a span of columns; write one such as A:F'),
        ("A:F", "AA:Z", 'columns: "AA:Z" is not a span of columns'),
        ("columns", "header_row = 0\ncolumns", "source.sheets.header_row: "),
        ("columns", "tab = 1\ncolumns", "source.sheets.tab"),
        ('secret = "google"', "", "source.secret: is missing; name the secret with the key of a service account"),
        ('every = "1h"', 'every = "1h"\nfrom = 2026-01-01', "source.from: "),
        ('every = "1h"', 'every = "1h"\nlag = "5m"', "source.lag: is for a source that is read in windows"),
        ('every = "1h"', 'every = "1h"\nmax_window = "1d"', "source.max_window: is for a source"),
        ('every = "1h"', 'every = "1h"\nlook_back = 1', "source.look_back: is for a source"),
        ('every = "1h"', 'every = "1h"\ncursor = "time"', "source.cursor: is for a source"),
    ],
)
def test_a_fault_names_its_key(old: str, new: str, fault: str) -> None:
    assert old in SHEET
    with pytest.raises(ContractError) as caught:
        read_contract("thing.toml", (HEAD + SHEET.replace(old, new, 1)).encode())
    assert any(fault in one for one in caught.value.faults), caught.value.faults
