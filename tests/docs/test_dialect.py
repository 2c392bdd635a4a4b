"""The files that docs/reference/dialect.md shows are read as it says."""

from __future__ import annotations

import re

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.rejects import Reject
from chalicelib.errors import Rejected
from landfall.check.checking import Outputs, check_file
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


def outcome(data: bytes, contract: Contract) -> tuple[list[str], list[str]]:
    """The good rows, and what is not as written, in the words of the page."""
    rejects: list[Reject] = []
    good = bytearray()
    try:
        checked = check_file(
            InMemory(data), contract, Outputs(reject=rejects.append, good=lambda _text, block: good.extend(block.good))
        )
    except Rejected as refused:
        return [], [refused.code]
    if checked.refusal:
        return [], [checked.refusal.code]
    rows = [line.replace('"', "") for line in good.decode().splitlines()]
    rows = [row.removesuffix(",") if contract.dialect.trailing_delimiter else row for row in rows]
    counted = {**checked.left_out, **checked.altered}
    return rows, [*(str(int(r.code)) for r in rejects), *(f"{kind}: {n}" for kind, n in counted.items())]


@pytest.mark.parametrize(("setting", "file", "loaded", "other"), EXAMPLES)
def test_a_file_is_read_as_the_page_shows(setting: str, file: str, loaded: str, other: str) -> None:
    data = file.replace("⏎", "\n").replace("␚", "\x1a").encode()
    rows, rest = outcome(data, contract_with("" if setting == "none" else setting.strip("`").replace("⏎", "\n")))
    assert [f"`{row}`" for row in rows] == re.findall("`[^`]*`", loaded)
    assert sorted(rest) == sorted(re.findall(r"[a-z_]+: \d+|\d+|[A-Z_]{5,}", other))


def test_each_setting_has_an_example() -> None:
    described, _, _ = PAGE.partition("Each line of this table")
    settings = set(re.findall(r"^\| `(\w+)` \|", described, re.MULTILINE))
    assert len(settings) > 5
    assert len(EXAMPLES) == sum(line.startswith("|") and "⏎" in line for line in PAGE.splitlines())
    assert settings == {setting.strip("`").split(" =")[0] for setting, *_ in EXAMPLES} - {"none"}
