"""`check` compares a file with its side file, and writes one for the good rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.landfall.conftest import Landfall

CONTRACT = """
name = "thing"
target = "landing.things"
lands_at = ["incoming/thing/*"]
key = ["id"]
control_totals = { count_field = 2, sum_fields = { n = 3 } }
[limits]
max_reject_ratio = 1.0
[columns]
id = { type = "bigint", required = true }
n = { type = "decimal(9,2)", decimal = "," }
[dialect]
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "thing.toml").write_text(CONTRACT)
    (tmp_path / "x.csv").write_text('id,n\n1,"1,50"\nx,"2,25"\n3,\n')
    return tmp_path


@pytest.mark.parametrize(
    ("side", "code"),
    [
        ('x.csv,3,"3,75"\n', None),
        ('file,rows,n\r\nx.csv,"3","3,75",today\r\n', None),
        ('x.csv,2,"3,75"\n', "TOTALS_DIFFER"),
        ('x.csv,3,"3,76"\n', "TOTALS_DIFFER"),
        ("x.csv,3,3.75\n", "CONTROL_TOTALS_MALFORMED"),
        ("x.csv,three,3\n", "CONTROL_TOTALS_MALFORMED"),
        (None, "CONTROL_TOTALS_MISSING"),
    ],
)
def test_a_file_is_compared_with_its_side_file(
    landfall: Landfall, place: Path, side: str | None, code: str | None
) -> None:
    if side is not None:
        (place / "x.csv.ctl").write_text(side)
    good = place / "good.csv"
    done = landfall("check", place / "x.csv", "--contract-file", place / "thing.toml", "--good", good, "--json")
    (found,) = map(json.loads, done.out.splitlines())
    problem = found.get("refusal") or found.get("error")
    assert (problem and problem["code"]) == code
    assert not problem or "side file" in problem["message"]
    if not code:
        assert (place / "good.csv.ctl").read_text().splitlines()[0].startswith(('x.csv,2,"1,50"', 'x.csv,"2","1,50"'))
        again = landfall("check", good, "--contract-file", place / "thing.toml")
        assert again.code == 0
