"""The files that docs/reference/fixed_width.md shows are read as it says."""

from __future__ import annotations

import csv
import io
import re

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.contract_files.dialect import FIXED_KEYS
from tests.support.checked import outcome
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/fixed_width.md").read_text()
TOML = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = re.findall(r"^\| (none|`[^|]*?`) \| `([^|]*)` \|(.*?)\|(.*?)\|$", PAGE, re.MULTILINE)


def contract_text(setting: str) -> str:
    """Return the page's contract with a setting, which is one of the top level or of the dialect."""
    assert TOML
    top, dialect = (setting, "") if setting.startswith("extra_columns") else ("", setting)
    return f"{top}\n{TOML[1]}\n[limits]\nmax_reject_ratio = 1.0\n[dialect]\n{dialect}\n"


def shown(value: str, place: int, empty: str) -> str:
    if value == "_landfall_null_" or (not value and (place != 1 or empty != "text")):
        return "∅"
    return re.sub("^0+(?=[0-9])", "", value).replace(" ", "·")


@pytest.mark.parametrize(("setting", "file", "loaded", "other"), EXAMPLES)
def test_a_file_is_read_as_the_page_shows(setting: str, file: str, loaded: str, other: str) -> None:
    own = "" if setting == "none" else setting.strip("`").replace("⏎", "\n")
    contract = read_contract("payment.toml", contract_text(own).encode())
    good, rest = outcome(file.replace("⏎", "\n").replace("·", " ").encode(), contract)
    empty = contract.dialect.empty.value
    rows = [",".join(shown(v, n, empty) for n, v in enumerate(row)) for row in csv.reader(io.StringIO(good))]
    assert rows == re.findall("`([^`]*)`", loaded)
    assert sorted(rest) == sorted(re.findall(r"[a-z_]+: \d+|\d+|[A-Z_]{5,}", other))


def test_all_examples_are_found() -> None:
    table = PAGE.partition("not as written |\n|---|---|---|---|\n")[2].partition("\n\n")[0]
    assert len(EXAMPLES) == len(table.splitlines()) >= 26


def test_each_key_of_the_dialect_is_named() -> None:
    assert [key for key in FIXED_KEYS if f"`{key}`" not in PAGE] == []
