"""What the function that reads sources may do in Amazon Connect: only what the contracts of the stage read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from deploy import up
from deploy.sources import rights_of_sources
from deploy.stage import SOURCES, functions
from deploy.template.merge import policies
from landfall.contracts import FOLDER_VARIABLE
from tests.packaging.fetched import CONNECT, CONNECTED
from tests.packaging.policies import FOUND, VALUES, contracts

INSTANCE = "arn:aws:connect:eu-central-1:123456789012:instance/12345678-1234-1234-1234-123456789012"


def pairs(statements: Iterable[dict[str, Any]]) -> set[tuple[str, str]]:
    """Actions of Amazon Connect, and what follows the instance."""
    connect = [s for s in statements if "Action" in s and s["Action"][0].startswith("connect:")]
    found = [(action, arn) for s in connect for action in s["Action"] for arn in s["Resource"]]
    assert len(found) == len(set(found))
    assert all(arn.startswith(INSTANCE) for _, arn in found)
    return {(action, arn.removeprefix(INSTANCE)) for action, arn in found}


@pytest.mark.parametrize(
    ("dataset", "needs"),
    [
        (
            "users",
            {
                ("connect:SearchUsers", ""),
                ("connect:DescribeUser", "/agent/*"),
                ("connect:ListUserProficiencies", "/agent/*"),
            },
        ),
        ("queues", {("connect:SearchQueues", ""), ("connect:DescribeQueue", "/queue/*")}),
        ("contacts", {("connect:SearchContacts", ""), ("connect:DescribeContact", "/contact/*")}),
        ("metrics", {("connect:GetMetricDataV2", "/queue/*"), ("connect:GetMetricDataV2", "/routing-profile/*")}),
    ],
)
def test_each_dataset_needs_its_own_rights(dataset: str, needs: set[tuple[str, str]]) -> None:
    assert pairs(rights_of_sources([CONNECTED[dataset]])) == needs


def test_no_contract_needs_no_right() -> None:
    assert rights_of_sources([]) == rights_of_sources() == []


def used(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Both ways to AWS with the contracts in a folder: each function's policy."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(path))
    monkeypatch.setattr(up, "environment", lambda stage, found: {})
    where = {name: VALUES[name] for name in ("AWS::Partition", "AWS::Region", "AWS::AccountId", "Stage")}
    return [policies("dev"), dict(up.project("dev", FOUND, where, "x86_64").policies)]


def test_only_stages_whose_contracts_read_it_get_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contracts(tmp_path, "incoming/orders/*")
    for way in used(tmp_path, monkeypatch):
        assert "connect:" not in json.dumps(way)
    (tmp_path / "users.toml").write_text(CONNECT.format(name="users", window="", more=""))
    for way in used(tmp_path, monkeypatch):
        assert {name for name in functions("dev") if "connect:" in json.dumps(way[name])} == {SOURCES}
        assert len(pairs(way[SOURCES]["Statement"])) == 3
