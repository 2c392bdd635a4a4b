"""The files that docs/reference/json.md shows are read as it says."""

from __future__ import annotations

import csv
import io
import re

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.checked import outcome
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/json.md").read_text()
TOML = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = re.findall(r"^\| `(.*?)` \|(.*?)\|(.*?)\|$", PAGE, re.MULTILINE)


def _shown(value: str, index: int) -> str:
    return "∅" if value == "_landfall_null_" or (not value and index == 0) else value.replace('"', "")


@pytest.mark.parametrize(("file", "loaded", "other"), EXAMPLES)
def test_a_file_is_read_as_the_page_shows(file: str, loaded: str, other: str) -> None:
    assert TOML
    limits = "[limits]\nmax_reject_ratio = 1.0\nmin_rows = 0\n"
    contract = read_contract("visit.toml", (TOML[1] + limits).encode())
    good, rest = outcome(file.replace("⏎", "\n").encode(), contract)
    rows = [",".join(_shown(v, place) for place, v in enumerate(row)) for row in csv.reader(io.StringIO(good))]
    assert (rows, rest) == (re.findall("`([^`]*)`", loaded), other.split())


def test_all_examples_are_found() -> None:
    assert len(EXAMPLES) == PAGE.count("\n| `") >= 22
