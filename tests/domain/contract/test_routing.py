"""Which contract a key goes to."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.routing import is_concealed, landing_prefixes, route
from chalicelib.domain.contract_files.contract_file import read_contracts
from tests.support.contracts import toml

CONTRACTS = read_contracts(
    {
        "wide.toml": toml("wide", lands_at='["incoming/**", "monthly_data/{object}_{month}-{year}.csv"]'),
        "folder.toml": toml("folder", lands_at='["incoming/folder/*"]'),
        "file.toml": toml("file", lands_at='["incoming/folder/special.csv"]'),
        "part.toml": toml("part", lands_at='["incoming/folder/*.part.csv"]'),
    }
)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("incoming/x", "wide"),
        ("incoming/folder/x.csv", "folder"),
        ("incoming/folder/deep/x.csv", "folder"),
        ("incoming/folder/x.part.csv", "part"),
        ("incoming/folder/special.csv", "file"),
        ("incoming/folder/+ %2B ü#&.csv", "folder"),
        ("incoming/folder/" + "x" * 1_007, "folder"),
    ],
)
def test_the_most_specific_pattern_wins(key: str, name: str) -> None:
    found = route(CONTRACTS, key)
    assert found
    assert found.contract.name == name


@pytest.mark.parametrize("key", ["", "other/x", "Incoming/x", "/incoming/x", "monthly_data/x.csv"])
def test_a_key_that_nobody_knows(key: str) -> None:
    assert route(CONTRACTS, key) is None


def test_the_name_gives_the_period() -> None:
    found = route(CONTRACTS, "monthly_data/sales_May-2026.csv")
    assert found
    assert found.captures == {"object": "sales", "month": "May", "year": "2026"}


def test_prefixes_do_not_repeat() -> None:
    assert landing_prefixes(CONTRACTS) == ("incoming/", "monthly_data/")


def test_only_a_limited_caller_has_concealed_keys() -> None:
    assert not is_concealed({}, "incoming/nothing/a.csv")
