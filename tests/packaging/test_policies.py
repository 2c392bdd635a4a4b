"""What each function may do: on what is ours, and never what would lose data. That it calls all of it: test_rights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.table import BY_OBJECT, UNFINISHED
from deploy.stage import (
    CHALICE,
    ROOT,
    filled,
    for_template,
    function_name,
    functions,
    granted,
    policy,
    stages,
    with_either_login,
    with_login,
)
from tests.packaging.chosen import WITH_MACHINE
from tests.packaging.policies import DENIED, FOLDERS, FUNCTIONS, NO_RESOURCE_LEVEL, VALUES

DATABASE = ":dbname:${ClusterIdentifier}/${Database}"


def _allowed(name: str, stage: Mapping[str, Any] = MappingProxyType({})) -> list[dict[str, Any]]:
    return [s for s in granted(name, stage, FOLDERS)["Statement"] if s["Effect"] == "Allow"]


either_orchestrator = pytest.mark.parametrize("stage", [{}, WITH_MACHINE], ids=["queues", "machine"])


def test_every_function_has_policy_memory_and_timeout() -> None:
    names = set(re.findall(r"^def (\w+)\(\w*event: ", (ROOT / "app.py").read_text(), re.MULTILINE))
    assert names | {"api_handler", "authorize"} == set(FUNCTIONS)
    for stage in stages():
        for name, said in functions(stage).items():
            assert said["iam_policy_file"] == f"policy-{name}.json"
            assert said["lambda_memory_size"] >= 256
            assert said["lambda_timeout"] <= 900
    assert {p.name for p in CHALICE.glob("policy-*.json")} == {f"policy-{name}.json" for name in FUNCTIONS}


@either_orchestrator
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_action_or_resource_is_everything(name: str, stage: dict[str, Any]) -> None:
    for statement in _allowed(name, stage):
        assert not [action for action in statement["Action"] if "*" in action]
        if statement["Resource"] == ["*"]:
            assert set(statement["Action"]) <= NO_RESOURCE_LEVEL
            continue
        for resource in statement["Resource"]:
            assert (
                resource in ("${WarehouseArn}", "${WorkgroupArn}")
                or "landfall-${Stage}" in resource
                or resource.endswith(DATABASE)
            )
            assert resource.count("*") <= resource.endswith(("/*", ":*"))


@either_orchestrator
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_is_allowed_twice(name: str, stage: dict[str, Any]) -> None:
    pairs = [(action, arn) for s in _allowed(name, stage) for action in s["Action"] for arn in s["Resource"]]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_would_lose_data_or_reach_elsewhere_is_denied(name: str) -> None:
    denied = [s for s in policy(name)["Statement"] if s["Effect"] == "Deny"]
    assert {action for s in denied for action in s["Action"]} == DENIED
    spared = {s["Sid"]: s["NotResource"] for s in denied if "NotResource" in s}
    assert spared["NoOtherWarehouse"] == ["${WarehouseArn}"]
    assert [arn.rpartition("/")[2] for arn in spared["PassNoRoleButCopy"]] == ["landfall-${Stage}-copy"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_writes_its_own_log_only(name: str) -> None:
    [log] = [s for s in _allowed(name) if s["Sid"] == "WriteItsLog"]
    assert log["Resource"][0].endswith(f":log-group:/aws/lambda/{function_name(name)}:*")


@either_orchestrator
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_placeholder_is_left_for_chalice_deploy(name: str, stage: dict[str, Any]) -> None:
    left = re.findall(r"\$\{[^}]*\}", str(filled(granted(name, stage, FOLDERS), VALUES)))
    assert set(left) <= {"${aws:userid}"}, "IAM's own"


def test_a_template_gets_substitutions_and_expressions() -> None:
    found = for_template({"a": ["x-${Stage}", "${W}", "${!aws:userid}", "plain"], "b": "${W}/x"}, {"W": {"Ref": "W"}})
    assert found == {
        "a": [{"Fn::Sub": "x-${Stage}"}, {"Ref": "W"}, {"Fn::Sub": "${!aws:userid}"}, "plain"],
        "b": {"Fn::Sub": ["${W}/x", {"W": {"Ref": "W"}}]},
    }


ARRIVING = {
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "sqs:GetQueueUrl",
    "sqs:SendMessage",
}
"""What it takes to make a run of a landed file, and to see whether what an event names lies there still."""


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("on_incoming", ARRIVING),
        ("on_statement", {"sqs:SendMessage", "sqs:GetQueueUrl"}),
        ("authorize", {"secretsmanager:GetSecretValue"}),
    ],
)
def test_small_functions_may_little(name: str, actions: set[str]) -> None:
    own = {a for s in _allowed(name) for a in s["Action"] if not a.startswith(("logs:", "xray:"))}
    assert own == actions


def test_the_sweep_may_look_for_unfinished_and_expected() -> None:
    [find] = [s for s in _allowed("on_schedule") if "dynamodb:Query" in s["Action"]]
    assert {arn.rpartition("/")[2] for arn in find["Resource"]} == {UNFINISHED, BY_OBJECT}


@pytest.mark.parametrize(
    ("cluster", "login"),
    [
        (False, {("redshift-serverless:GetCredentials", VALUES["WarehouseArn"])}),
        (True, {("redshift:GetClusterCredentialsWithIAM", "arn:aws:redshift:eu-west-1:123456789012:dbname:c/dev")}),
    ],
)
def test_a_load_logs_in_to_its_kind_of_warehouse(cluster: bool, login: set[tuple[str, str]]) -> None:
    allowed = filled(with_login(granted("advance_run", {}, FOLDERS), cluster=cluster), VALUES)["Statement"]
    pairs = {
        (action, arn) for s in allowed if s["Effect"] == "Allow" for action in s["Action"] for arn in s["Resource"]
    }
    assert {(action, arn) for action, arn in pairs if "Credentials" in action} == login
    in_template = {
        s["Fn::If"][0]: s["Fn::If"][1] for s in with_either_login(policy("advance_run"))["Statement"] if "Fn::If" in s
    }
    (action, _), *_ = login
    assert in_template["UsesCluster" if cluster else "UsesWorkgroup"]["Action"] == [action]


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse-AbCdEf"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_the_function_that_loads_reads_its_login(name: str) -> None:
    named = granted(name, {"environment_variables": {"LANDFALL_DB_SECRET": SECRET}}, FOLDERS)["Statement"]
    more = [statement for statement in named if statement not in granted(name, {}, FOLDERS)["Statement"]]
    read = [(s["Effect"], s["Action"], s["Resource"]) for s in more]
    assert read == ([("Allow", ["secretsmanager:GetSecretValue"], [SECRET])] if name == "advance_run" else [])


def _who_may(action: str) -> list[str]:
    return [name for name in FUNCTIONS if any(action in s["Action"] for s in _allowed(name))]


def test_who_moves_rows_and_who_notifies() -> None:
    assert _who_may("redshift-data:BatchExecuteStatement") == ["advance_run"]
    assert _who_may("sns:Publish") == ["advance_run", "read_source"]
    [of_sources] = [s["Resource"] for s in _allowed("read_source") if "sns:Publish" in s["Action"]]
    assert [arn.rpartition(":")[2] for arn in of_sources] == ["landfall-${Stage}-failure"]


def test_only_what_copies_may_delete_and_only_what_it_copied() -> None:
    assert _who_may("s3:DeleteObject") == _who_may("s3:DeleteObjectVersion") == ["advance_run"]
    [delete] = [s for s in _allowed("advance_run") if "s3:DeleteObject" in s["Action"]]
    assert {arn.split("/")[1] for arn in delete["Resource"]} == {"incoming", "monthly_data", "unload"}


def test_those_that_ask_for_a_token_may_read_the_secret() -> None:
    assert _who_may("secretsmanager:GetSecretValue") == ["api_handler", "authorize", "read_source"]
    [of_sources] = [s["Resource"] for s in _allowed("read_source") if "secretsmanager:GetSecretValue" in s["Action"]]
    assert [arn.rpartition(":")[2] for arn in of_sources] == ["landfall-${Stage}-source/*"], "not the API's"
