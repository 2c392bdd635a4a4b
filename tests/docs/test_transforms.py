"""The function that docs/reference/transforms.md shows does what the page says."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract_files.contract_file import load_contracts
from chalicelib.transforms.values import form_of
from tests.support.checked import outcome
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/reference/transforms.md").read_text()
TOML = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
CODE = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
HEADER = re.search(r"with the header `(.*?)`", PAGE)
EXAMPLES = re.findall(r"^\| `([0-9],.*?)` \|(.*?)\|(.*?)\|$", PAGE, re.MULTILINE)
LIMITS = "[limits]\nmax_reject_ratio = 1.0\nmin_rows = 0\n"


def outcome_of(row: str, folder: Path) -> tuple[list[str], list[str]]:
    """The loaded rows, and what is not as written, in the words of the page."""
    assert TOML
    assert CODE
    assert HEADER
    (folder / "visit.toml").write_text(TOML[1] + LIMITS)
    (folder / "visits.py").write_text(CODE[1])
    good, rest = outcome(f"{HEADER[1]}\n{row}\n".encode(), load_contracts(folder)["visit"])
    return [",".join(value or "∅" for value in found) for found in csv.reader(io.StringIO(good))], rest


@pytest.mark.parametrize(("row", "loaded", "other"), EXAMPLES)
def test_a_row_becomes_what_the_page_shows(row: str, loaded: str, other: str, tmp_path: Path) -> None:
    assert outcome_of(row, tmp_path) == (re.findall("`([^`]*)`", loaded), list(filter(None, [other.strip()])))


def test_all_examples_are_found() -> None:
    assert len(EXAMPLES) == 7


def test_the_page_has_the_dtype_of_every_type() -> None:
    named = dict(re.findall(r"^\| (`.*?`) \| `(.*?)` \|", PAGE, re.MULTILINE))
    by_type = {kind: dtype for kinds, dtype in named.items() for kind in re.findall("`(.*?)`", kinds)}
    for kind in TypeName:
        series = form_of(ColumnType(kind=kind)).series([None], [0])  # type: ignore[arg-type]
        assert str(series.dtype) == by_type.get(kind.value, "string"), kind
