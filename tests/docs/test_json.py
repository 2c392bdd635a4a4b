"""The files that docs/reference/json.md shows are read as it says."""

from __future__ import annotations

import csv
import io
import re

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.raw.bytesource import InMemory
from chalicelib.domain.run.rejects import Reject
from chalicelib.errors import Rejected
from landfall.check.checking import Outputs, check_file
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/json.md").read_text()
TOML = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = re.findall(r"^\| `(.*?)` \|(.*?)\|(.*?)\|$", PAGE, re.MULTILINE)


def outcome(data: bytes) -> tuple[list[str], list[str]]:
    """The good rows, and what is not as written, in the words of the page."""
    assert TOML
    limits = "[limits]\nmax_reject_ratio = 1.0\nmin_rows = 0\n"
    contract = read_contract("visit.toml", (TOML[1] + limits).encode())
    rejects, good = list[Reject](), bytearray()
    take = Outputs(reject=rejects.append, good=lambda _text, block: good.extend(block.good))
    try:
        checked = check_file(InMemory(data), contract, take)
    except Rejected as refused:
        return [], [refused.code]
    if checked.refusal:
        return [], [checked.refusal.code]
    rows = csv.reader(io.StringIO(good.decode()))
    shown = [",".join(_shown(value, index) for index, value in enumerate(row)) for row in rows]
    return shown, [*(str(int(r.code)) for r in rejects), *(f"{kind}: {n}" for kind, n in checked.left_out.items())]


def _shown(value: str, index: int) -> str:
    return "∅" if value == "_landfall_null_" or (not value and index == 0) else value.replace('"', "")


@pytest.mark.parametrize(("file", "loaded", "other"), EXAMPLES)
def test_a_file_is_read_as_the_page_shows(file: str, loaded: str, other: str) -> None:
    rows, rest = outcome(file.replace("⏎", "\n").encode())
    assert (rows, rest) == (re.findall("`([^`]*)`", loaded), other.split())


def test_all_examples_are_found() -> None:
    assert len(EXAMPLES) == PAGE.count("\n| `") >= 22
