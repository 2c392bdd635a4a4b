"""Policies that are too large for a role are refused before anything is made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy import policy_size, up
from deploy.landing import folders, pattern_of
from deploy.policy_size import LARGEST, must_fit, size
from deploy.stack import DeployError
from deploy.template.merge import policies
from landfall.contracts import FOLDER_VARIABLE
from tests.packaging.policies import FOUND, VALUES, contracts


def use(count: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use contracts of `count` first folders, besides that of the smoke test."""
    own = contracts(path / str(count), *(f"f{n:02}/orders/*" for n in range(count)))
    monkeypatch.setenv(FOLDER_VARIABLE, str(own))


def largest(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(up, "environment", lambda stage, found: {})
    where = {name: VALUES[name] for name in ("AWS::Partition", "AWS::Region", "AWS::AccountId", "Stage")}
    return max(size(document) for document in up.project("dev", FOUND, where, "x86_64").policies.values())


def test_as_many_folders_as_fit_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(20, tmp_path, monkeypatch)
    must_fit("dev")
    assert len(folders()) == 21
    assert policies("dev")
    assert largest(monkeypatch) <= LARGEST


def test_both_ways_refuse_more_and_name_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(40, tmp_path, monkeypatch)
    assert largest(monkeypatch) > LARGEST, "IAM would refuse it"
    for way in (policies, must_fit):
        with pytest.raises(DeployError, match=r"name 41 first folders, \d+ too many"):
            way("dev")


def test_nothing_is_made_before_the_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(40, tmp_path, monkeypatch)
    monkeypatch.setattr(up, "placeholders", lambda session, stage: VALUES)
    monkeypatch.setattr(up, "region_of", lambda session: "eu-west-1")
    with pytest.raises(DeployError, match="too many"):
        up.infrastructure(None, "dev", {}, migrates=False)


def test_a_bucket_with_a_long_name_leaves_room_for_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(24, tmp_path, monkeypatch)
    must_fit("dev", "b" * 20, VALUES)
    with pytest.raises(DeployError, match="too many"):
        must_fit("dev", "b" * 63, VALUES)


@pytest.mark.parametrize("length", [5, 60, 250, 700])
def test_folders_that_fit_also_fit_into_the_pattern_of_a_rule(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """EventBridge takes patterns of 2,048 characters (Amazon EventBridge quotas), so that one rule is enough."""
    many = tuple(f"{n:02}".ljust(length - 1, "x") + "/" for n in range(60))
    monkeypatch.setattr(policy_size, "folders", lambda: many)
    with pytest.raises(DeployError) as refused:
        must_fit("prod", "b" * 3)
    over = re.search(r"(\d+) too many", str(refused.value))
    assert over
    fitting = many[: -int(over[1])]
    assert fitting
    assert len(pattern_of("b" * 63, fitting)) <= 2048
