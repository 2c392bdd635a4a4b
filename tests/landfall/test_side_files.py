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


@pytest.mark.parametrize(
    "outputs",
    [
        ["--good", "x.csv.ctl"],
        ["--rejects", "x.csv.ctl"],
        ["--good", "y.csv", "--rejects", "y.csv.ctl"],
        ["--rejects", "y.csv", "--good", "y.csv"],
    ],
)
def test_an_output_is_not_a_side_file(landfall: Landfall, place: Path, outputs: list[str]) -> None:
    (place / "x.csv.ctl").write_text('x.csv,3,"3,75"\n')
    names = [name if name.startswith("--") else place / name for name in outputs]
    done = landfall("check", place / "x.csv", "--contract-file", place / "thing.toml", *names)
    assert done.code == 2
    assert ".ctl files must all be different" in done.err
    assert (place / "x.csv.ctl").read_text() == 'x.csv,3,"3,75"\n'


def test_an_input_is_not_overwritten_by_a_side_file(landfall: Landfall, place: Path) -> None:
    (place / "y.csv.ctl").write_text("id,n\n1,\n")
    done = landfall("check", place / "y.csv.ctl", "--contract-file", place / "thing.toml", "--good", place / "y.csv")
    assert done.code == 2
    assert (place / "y.csv.ctl").read_text() == "id,n\n1,\n"


@pytest.mark.parametrize("name", [".", "/", ".."])
def test_a_folder_has_no_side_file(landfall: Landfall, place: Path, name: str) -> None:
    done = landfall("check", name, "--contract-file", place / "thing.toml")
    assert (done.code, "Traceback" in done.err) == (3, False)


def test_the_side_file_of_good_rows_is_like_one_that_can_be_read(landfall: Landfall, place: Path) -> None:
    (place / "short.csv").write_text("id,n\n1,\n")
    (place / "short.csv.ctl").write_text("short.csv,1\n\n")
    (place / "x.csv.ctl").write_text('x.csv,3,"3,75"\n')
    good = place / "good.csv"
    files = [place / "short.csv", place / "x.csv"]
    done = landfall("check", *files, "--contract-file", place / "thing.toml", "--good", good)
    assert done.code == 1
    assert "field 3 of the side file is missing: the line ends with field 2" in done.out
    assert landfall("check", good, "--contract-file", place / "thing.toml").code == 0


def test_a_side_file_in_the_list_is_no_file_to_check(landfall: Landfall, place: Path) -> None:
    (place / "x.csv.ctl").write_text('x.csv,3,"3,75"\n')
    files = sorted(place.glob("x.csv*"))
    done = landfall("check", *files, "--contract-file", place / "thing.toml", "--json")
    assert (len(files), len(done.out.splitlines()), done.code) == (2, 1, 0)
