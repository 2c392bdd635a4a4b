"""Which contracts a command knows: those of the package, or of a folder that the environment names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.landfall.conftest import Landfall

THING = b"""
name = "thing"
target = "landing.thing"
lands_at = ["incoming/thing/*"]
key = ["id"]
[columns]
id = { type = "integer", required = true }
"""


def test_a_folder_of_contracts_takes_the_place_of_the_packages(
    landfall: Landfall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANDFALL_CONTRACTS", str(tmp_path))
    (tmp_path / "thing.toml").write_bytes(THING)
    assert [line["object"] for line in landfall("ddl", "--json").lines] == ["thing"]
    monkeypatch.setenv("LANDFALL_CONTRACTS", "")
    assert "transactions" in [line["object"] for line in landfall("ddl", "--json").lines]


def test_a_folder_that_is_not_there_is_named(
    landfall: Landfall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANDFALL_CONTRACTS", str(tmp_path / "none"))
    done = landfall("ddl")
    assert (done.code, done.err) == (
        2,
        f"landfall: LANDFALL_CONTRACTS is {tmp_path / 'none'}: there is no such folder\n",
    )
