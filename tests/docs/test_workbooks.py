"""The cells that docs/reference/workbooks.md shows become what it says."""

from __future__ import annotations

import re

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.checked import checked
from tests.support.contracts import COLUMNS, toml
from tests.support.paths import ROOT
from tests.support.workbooks import Xml, numbered, parts, sheet, styles, zipped

PAGE = (ROOT / "docs/reference/workbooks.md").read_text()
EXAMPLES = re.findall(r"^\| `([\d.E+]+)` \| `([^|]+)` \| `([^|]+)` \| (`[^|]+`|\d+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("stored", "code", "column", "loaded"), EXAMPLES)
def test_a_cell_becomes_what_the_page_says(stored: str, code: str, column: str, loaded: str) -> None:
    cell = Xml(f'<c r="@" s="1"><v>{stored}</v></c>')
    files = parts(sheet(numbered(("id", "value"), (1, cell))))
    contract = read_contract("thing.toml", toml(columns=f'{COLUMNS}value = {{ type = "{column}" }}', format='"xlsx"'))
    _, good, rejects = checked(zipped({**files, "xl/styles.xml": styles("General", code)}), contract)
    found = [str(int(reject.code)) for reject in rejects] or [f"`{good.decode().strip().removeprefix('1,')}`"]
    assert found == [loaded]


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == PAGE.split("## What a cell becomes")[1].split("- **Numbers")[0].count("\n| `")


def test_the_contract_of_the_page_is_sound() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    contract = read_contract("budget.toml", text.encode())
    assert (contract.sheet.name, contract.sheet.header_row) == ("Plan", 3)
