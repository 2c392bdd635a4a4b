"""Stages of any name: the names that contain it are valid, and no stage has those of another."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError

import pytest

from deploy.after import FUNCTION
from deploy.stage import API, LONGEST, NAME, configured, filled, function_name, functions, settings, stage_name
from deploy.template.infra import infra
from deploy.template.merge import merge
from tests.packaging.chosen import chosen

LIMITS = {
    "BucketName": 63,
    "RoleName": 64,
    "QueueName": 80,
    "TopicName": 256,
    "TableName": 255,
    "WorkgroupName": 64,
    "NamespaceName": 64,
    "AlarmName": 255,
    "TrailName": 128,
    "DashboardName": 255,
    "StateMachineName": 80,
    "LogGroupName": 512,
    "FunctionName": 64,
}
"""Characters that AWS allows in each name."""
WHERE = {"AWS::AccountId": "123456789012", "AWS::Region": "ap-southeast-1", "AWS::Partition": "aws"}
"""No region has a longer name, except those of governments and of an isolated partition."""
with chosen():  # it has all that a stage without a machine has
    TEMPLATE = merge("dev")["Resources"]


@pytest.mark.parametrize("name", ["dev", "team-a", "a", "t1", "a-1", "x" * LONGEST])
def test_letters_digits_and_dashes_make_a_stage(name: str) -> None:
    assert stage_name(name) == name
    assert re.fullmatch(infra("dev")["Parameters"]["Stage"]["AllowedPattern"], name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x" * (LONGEST + 1), "at most 20 characters"),
        ("Team-A", "lower-case"),
        ("1a", "lower-case"),
        ("team_a", "lower-case"),
        ("team-", "lower-case"),
        ("a--b", "single dashes"),
        ("", "lower-case"),
        ("local", "is no stage"),
        ("dev-authorize", "another stage has resources of that name"),
        ("dev-trail", "another stage has resources of that name"),
        ("dev-copy", "another stage has resources of that name"),
    ],
)
def test_a_name_that_would_be_invalid_or_taken_is_refused(name: str, reason: str) -> None:
    with pytest.raises(ArgumentTypeError, match=reason):
        stage_name(name)


def _names(stage: str) -> dict[str, str]:
    """Every name of the template, which has its own names for roles, and of `chalice deploy`, by what has it."""
    found = {}
    for logical, resource in TEMPLATE.items():
        for named, name in resource.get("Properties", {}).items():
            if named in LIMITS and "Fn::Sub" in name:
                found[f"{logical}.{named}"] = filled(name["Fn::Sub"], {**WHERE, "Stage": stage})
    for function in functions(stage):
        name = filled(function_name(function), {"Stage": stage})
        found |= {f"{function}.RoleName": f"landfall-{stage}-{function}", f"{function}.AlarmName": f"{name}-event"}
        found[f"{function}.function"] = name
    return found


def test_every_name_of_the_longest_stage_is_short_enough() -> None:
    for what, name in _names("x" * LONGEST).items():
        assert len(name) <= LIMITS.get(what.rpartition(".")[2], 64), (what, name)
        assert len(name) <= 64 or "Alarm" in what or "Topic" in what


def _by_kind(stage: str) -> set[tuple[str, str]]:
    return {(what.rpartition(".")[2], name) for what, name in _names(stage).items()}


def _beginnings() -> set[str]:
    """The stages whose names begin a name of stage `dev`: only these can take one."""
    behind = [name.partition("landfall-dev-")[2].split("-") for name in _names("dev").values()]
    found = {"-".join(["dev", *parts[:n]]) for parts in behind for n in range(1, len(parts) + 1)}
    return {stage for stage in found if NAME.fullmatch(stage) and len(stage) <= LONGEST}


def _is_refused(stage: str) -> bool:
    try:
        stage_name(stage)
    except ArgumentTypeError:
        return True
    return False


def test_a_stage_is_refused_if_it_takes_a_name_of_another() -> None:
    found = {stage: _by_kind("dev") & _by_kind(stage) for stage in {"dev-a", "tokens", *_beginnings()}}
    assert {stage for stage, names in found.items() if names} == {"dev-authorize", "dev-copy", "dev-trail"}
    assert {stage: _is_refused(stage) for stage in found} == {stage: bool(names) for stage, names in found.items()}
    assert found.keys() > {"dev-runs", "dev-chunks-dead", "dev-success"}


def test_names_of_functions_are_not_parts_of_stages() -> None:
    for name in functions("dev"):
        assert name == API or FUNCTION.fullmatch(name), name
        assert name == "authorize" or "_" in name, "a stage's name never has one"


def test_a_stage_that_is_not_listed_is_configured_as_dev() -> None:
    found, usual = settings("team-a"), settings("dev")
    assert (configured("team-a"), configured("prod")) == ("dev", "prod")
    assert found["lambda_functions"] == usual["lambda_functions"]
    assert found["tags"]["Environment"] == found["environment_variables"]["LANDFALL_STAGE"] == "team-a"
