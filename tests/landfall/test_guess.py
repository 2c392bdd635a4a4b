"""Which contract a file is taken for, and what is said where that cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import load_contracts
from landfall.infer.guess import UnguessableError, guess
from landfall.localfile import opened
from tests.landfall.conftest import HEADER, Landfall

TEXT = """
name = "{name}"
target = "landing.{name}"
lands_at = ["incoming/{name}/*"]
mode = "scd1"
key = ["id"]
[columns]
id = {{ type = "integer", required = true }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Contracts of two objects whose files look the same."""
    for name in ("mine", "yours"):
        (tmp_path / f"{name}.toml").write_text(TEXT.format(name=name))
    return tmp_path


def guessed(folder: Path, place: str) -> Contract:
    path = folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("id\n1\n")
    with opened(path) as source:
        return guess(load_contracts(folder), path, source)


def test_the_folder_decides_between_contracts_that_fit(folder: Path) -> None:
    assert guessed(folder, "Yours/a.csv").name == "yours"
    assert guessed(folder, "mine/a.csv").name == "mine"


def test_the_files_own_name_counts_more_than_its_folders(folder: Path) -> None:
    assert guessed(folder, "yours/mine-2025.csv").name == "mine"


def test_without_a_folder_that_decides_the_choices_are_named(folder: Path) -> None:
    with pytest.raises(UnguessableError, match=r"match several contracts.*one of: mine, yours"):
        guessed(folder, "others/a.csv")


@pytest.mark.parametrize(
    ("place", "header", "object"),
    [
        ("incoming/transactions/x.csv", "nonsense", "transactions"),
        ("incoming/task/x.csv", "nonsense", "task"),
        ("my-transactions.csv", "nonsense", "transactions"),
        ("x.csv", HEADER, "transactions"),
        ("walmart_customer_May-2025.csv", "nonsense", "walmart_sales"),
        ("user/x.csv", HEADER, "transactions"),
    ],
)
def test_the_contract_is_guessed(landfall: Landfall, tmp_path: Path, place: str, header: str, object: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + "\n")
    (line,) = landfall("check", path, "--json").lines
    if header == "nonsense":
        assert line["error"]["code"] == "HEADER_MISMATCH"
        assert f"does not fit the contract {object}; " in line["error"]["message"]
    assert line["object"] == object


def test_a_file_of_no_contract_names_the_choices(landfall: Landfall, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    done = landfall("check", path, "--json")
    assert done.code == 2
    assert done.lines[0]["error"]["code"] == "NO_CONTRACT"
    assert "walmart_sales" in done.lines[0]["error"]["message"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\n\n", "HEADER_MISSING"),
        (b'"a,b\n', "HEADER_MALFORMED"),
        (b"a,\xff\n", "HEADER_ENCODING"),
        (b"\x00\x01\x02\n", "NO_CONTRACT"),
    ],
)
def test_what_is_wrong_with_a_file_of_any_contract_is_reported(
    landfall: Landfall, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert landfall("check", path, "--json").lines[0]["error"]["code"] == code


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            HEADER.replace("amount", "amuont"),
            "missing: amount; unexpected: amuont (did you mean amount?);",
        ),
        (HEADER.replace(",", ";"), "the closest is transactions, but the header has semicolons between its names"),
        (HEADER.replace(",", "\t"), "the header has tabs between its names, and the contract wants commas"),
        ("nothing,at,all,of,ours", "no contract fits; use --contract"),
    ],
)
def test_a_header_that_fits_no_contract_names_the_closest(
    landfall: Landfall, tmp_path: Path, header: str, said: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(header + "\n")
    done = landfall("check", path, "--json")
    assert done.code == 2
    assert said in done.lines[0]["error"]["message"]
