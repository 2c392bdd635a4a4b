"""Which contract a file is taken for where several could be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.domain.contract import Contract
from chalicelib.domain.contract_file import load_contracts
from cli.guess import UnguessableError, guess
from cli.localfile import opened

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
    with pytest.raises(UnguessableError, match=r"several contracts may be meant.*one of: mine, yours"):
        guessed(folder, "others/a.csv")
