"""Which contract a key goes to."""

from __future__ import annotations

import pytest

from chalicelib.domain.contract.routing import ignored, is_concealed, landing_prefixes, route
from chalicelib.domain.contract_files.contract_file import read_contracts
from tests.support.contracts import toml
from tests.support.settings import SETTINGS

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


ON_PURPOSE = read_contracts(
    {
        "plain.toml": toml("plain", lands_at='["incoming/plain/*"]'),
        "control.toml": toml("control", lands_at='["incoming/control/*.ctl", "incoming/control/{day}.tmp"]'),
        "marker.toml": toml("marker", lands_at='["incoming/marker/_SUCCESS"]'),
    }
)


@pytest.mark.parametrize(
    "name",
    ["_SUCCESS", "x.crc", "sub_$folder$", "data.csv.filepart", "a.tmp", "_committed_12", "a/_temporary/0/part-0.csv"],
)
def test_files_beside_the_data_are_ignored(name: str) -> None:
    assert ignored(SETTINGS.ignored, ON_PURPOSE, f"incoming/plain/{name}")
    assert ignored(SETTINGS.ignored, ON_PURPOSE, f"incoming/nobodys/{name}")
    assert not ignored((), ON_PURPOSE, f"incoming/plain/{name}")


@pytest.mark.parametrize(
    "name", ["_SUCCESS.csv", "_orders.csv", "x.crc.csv", "tmp", "x.tmp.csv", "x.TMP", "SUCCESS", "_temporary.csv"]
)
def test_data_is_not_ignored(name: str) -> None:
    assert not ignored(SETTINGS.ignored, ON_PURPOSE, f"incoming/plain/{name}")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("incoming/control/a.ctl", False),
        ("incoming/control/a.tmp", False),
        ("incoming/control/a.crc", True),
        ("incoming/plain/a.ctl", True),
        ("incoming/marker/_SUCCESS", False),
        ("incoming/marker/_SUCCESS.crc", True),
    ],
)
def test_what_a_contract_names_on_purpose_is_data(key: str, expected: bool) -> None:
    assert ignored(SETTINGS.ignored, ON_PURPOSE, key) is expected


def test_a_pattern_with_a_slash_is_compared_with_the_key() -> None:
    assert ignored(("incoming/plain/old/*",), ON_PURPOSE, "incoming/plain/old/a.csv")
    assert not ignored(("incoming/plain/old/*",), ON_PURPOSE, "incoming/plain/a.csv")
