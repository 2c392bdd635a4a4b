"""`landfall check` says which lines of a file it took for no rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.landfall.conftest import Landfall

CONTRACT = """
name = "thing"
target = "landing.things"
lands_at = ["incoming/thing/*"]
key = ["thing_id"]

[dialect]
{dialect}

[columns]
thing_id = {{ type = "bigint", required = true }}
"""
FILE = "made on monday\n# by us\nthing_id\n1\n# two is missing\n\n3\n# 4\ntotal 2\n"


def checked(landfall: Landfall, folder: Path, dialect: str, *options: str):
    contract, file = folder / "thing.toml", folder / "things.csv"
    contract.write_text(CONTRACT.format(dialect=dialect))
    file.write_text(FILE if dialect else "thing_id\n1\n")
    return landfall("check", file, "--contract-file", contract, *options)


def test_lines_that_are_no_rows_are_counted_by_where_they_stand(landfall: Landfall, tmp_path: Path) -> None:
    dialect = 'comment = "#"\npreamble_lines = 1\nfooter_lines = 1'
    (line,) = checked(landfall, tmp_path, dialect, "--json").lines
    assert (line["rows_read"], line["rows_good"]) == (2, 2)
    assert line["left_out"] == {"lines_before_header": 2, "comments": 2, "blank_lines": 1, "footer_lines": 1}
    text = " ".join(checked(landfall, tmp_path, dialect).out.split())
    assert "left out: lines before header 2, comments 2, blank lines 1, footer lines 1" in text


def test_nothing_is_reported_where_nothing_is_left_out(landfall: Landfall, tmp_path: Path) -> None:
    assert not {"left_out", "altered"} & set(checked(landfall, tmp_path, "", "--json").lines[0])
    assert "left out" not in checked(landfall, tmp_path, "").out


def test_data_checks_are_named_and_left_to_the_load(landfall: Landfall, tmp_path: Path) -> None:
    check = '[[checks]]\nname = "no thirteens"\nbad_rows = "thing_id = 13"\n'
    contract, file = tmp_path / "thing.toml", tmp_path / "things.csv"
    contract.write_text(CONTRACT.format(dialect="") + check)
    file.write_text("thing_id\n13\n")
    done = landfall("check", file, "--contract-file", contract, "--json")
    assert (done.code, done.lines[0]["accepted"], done.lines[0]["left_to_load"]) == (0, True, ["no thirteens"])
    text = " ".join(landfall("check", file, "--contract-file", contract).out.split())
    assert 'things.csv: data checks that only the load makes, in the warehouse: "no thirteens"' in text


def test_nothing_is_left_to_the_load_without_data_checks(landfall: Landfall, tmp_path: Path) -> None:
    assert "left_to_load" not in checked(landfall, tmp_path, "", "--json").lines[0]
    assert "only the load" not in checked(landfall, tmp_path, "").out


@pytest.mark.parametrize(
    ("dialect", "file"),
    [
        ("trailing_delimiter = true", "thing_id,note,\n1,a,\n2,,\n"),
        ('short_rows = "fill"', "thing_id,note\n1\n2,b\n"),
        ("blank_before_quote = true", 'thing_id,note\n1, "a,b"\n'),
        ('empty_records = "skip"', "thing_id,note\n,\n1,a\n"),
        ('repeated_header = "skip"', "thing_id,note\n1,a\nthing_id,note\n2,b\n"),
        ("", "thing_id,note\n1,a\rb\r\n"),
    ],
)
def test_good_rows_are_read_back_alike(landfall: Landfall, tmp_path: Path, dialect: str, file: str) -> None:
    contract, path, good, again = (tmp_path / name for name in ("thing.toml", "a.csv", "good.csv", "again.csv"))
    contract.write_text(CONTRACT.format(dialect=dialect) + 'note = { type = "varchar(9)" }\n')
    path.write_bytes(file.encode())
    (first,) = landfall("check", path, "--contract-file", contract, "--good", good, "--json").lines
    (second,) = landfall("check", good, "--contract-file", contract, "--good", again, "--json").lines
    assert (first["rows_rejected"], second["rows_rejected"]) == (0, 0)
    assert first["rows_good"] == second["rows_good"] > 0
    assert good.read_bytes() == again.read_bytes()
    assert first.get("altered") == second.get("altered")


def test_bytes_that_are_no_text_are_counted(landfall: Landfall, tmp_path: Path) -> None:
    contract, path = tmp_path / "thing.toml", tmp_path / "a.csv"
    path.write_bytes(b"thing_id,note\n1,a\xff\0b\xfe\n")
    found = []
    for invalid in ("strip", "replace"):
        dialect = f'nul = "strip"\ninvalid = "{invalid}"'
        contract.write_text(CONTRACT.format(dialect=dialect) + 'note = { type = "varchar(9)" }\n')
        (line,) = landfall("check", path, "--contract-file", contract, "--json").lines
        found.append((line["left_out"], line.get("altered")))
    assert found == [({"nuls": 1, "invalid_bytes": 2}, None), ({"nuls": 1}, {"replaced": 2})]
