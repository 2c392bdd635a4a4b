"""The files that docs/reference/dialect.md shows are read as it says."""

from __future__ import annotations

import re

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from tests.support.checked import outcome
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/dialect.md").read_text()
EXAMPLE = re.compile(r"^\| (none|`[^|]*`) \| `([^`]*⏎[^`]*)` \| (.*?) ?\| (.*?) ?\|$", re.MULTILINE)
EXAMPLES = EXAMPLE.findall(PAGE)
TOML = """
name = "thing"
target = "landing.things"
key = ["id"]
lands_at = ["incoming/thing/*"]

[limits]
max_reject_ratio = 1.0

[dialect]
{setting}

[columns]
id = {{ type = "bigint", required = true }}
note = {{ type = "varchar(20)" }}
"""


def contract_with(setting: str) -> Contract:
    return read_contract("thing.toml", TOML.format(setting=setting).encode())


@pytest.mark.parametrize(("setting", "file", "loaded", "other"), EXAMPLES)
def test_a_file_is_read_as_the_page_shows(setting: str, file: str, loaded: str, other: str) -> None:
    data = file.replace("⏎", "\n").replace("␚", "\x1a").encode()
    contract = contract_with("" if setting == "none" else setting.strip("`").replace("⏎", "\n"))
    good, rest = outcome(data, contract)
    rows = [line.replace('"', "") for line in good.splitlines()]
    rows = [row.removesuffix(",") if contract.dialect.trailing_delimiter else row for row in rows]
    assert [f"`{row}`" for row in rows] == re.findall("`[^`]*`", loaded)
    assert sorted(rest) == sorted(re.findall(r"[a-z_]+: \d+|\d+|[A-Z_]{5,}", other))


def test_each_setting_has_an_example() -> None:
    described, _, _ = PAGE.partition("Each line of this table")
    settings = set(re.findall(r"^\| `(\w+)` \|", described, re.MULTILINE))
    assert len(settings) > 5
    assert len(EXAMPLES) == sum(line.startswith("|") and "⏎" in line for line in PAGE.splitlines())
    assert settings == {setting.strip("`").split(" =")[0] for setting, *_ in EXAMPLES} - {"none"}
