"""A stage that chooses a state machine: what its template has besides, and what the others have not."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from typing import Any

import pytest

from deploy.metrics.alarms import OF_EXECUTIONS
from deploy.metrics.check import refused
from deploy.policy_size import must_fit
from deploy.stack import DeployError, body, environment
from deploy.stage import ROOT, filled, functions, stage_name, stages
from deploy.template.infra import TAGGED, infra
from deploy.template.merge import logical, merge, policies
from deploy.up import same_orchestrator
from tests.packaging.chosen import chosen
from tests.packaging.policies import NO_RESOURCE_LEVEL, NOT_TAGGABLE, VALUES

DEFINITION = json.loads((ROOT / "infra/statemachine.asl.json").read_text())
HERE = {name: VALUES[name] for name in ("AWS::Partition", "AWS::Region", "AWS::AccountId", "Stage")}
OF = f"{VALUES['AWS::Region']}:{VALUES['AWS::AccountId']}"
CALLED = {
    name: f"arn:aws:lambda:{OF}:function:landfall-dev-{function}"
    for name, function in (("AdvanceRun", "advance_run"), ("ReadSource", "read_source"), ("StageChunk", "stage_chunk"))
}
BY_AWS = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}
"""Actions of a machine's role for which IAM knows no resource, besides those of functions."""


@pytest.fixture
def template() -> dict[str, Any]:
    with chosen():
        return infra("dev")


def _properties(template: dict[str, Any], name: str) -> Any:
    return template["Resources"][name]["Properties"]


def _filled(value: Any) -> Any:
    """A part of the template as CloudFormation fills it in, without conditions."""
    if isinstance(value, list):
        return [_filled(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        return _filled(value["Fn::If"][1])
    if "Fn::Sub" in value:
        text, given = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else (value["Fn::Sub"], {})
        return filled(text, {**HERE, **{name: _filled(one) for name, one in given.items()}})
    if "Ref" in value:
        return HERE.get(value["Ref"], value["Ref"])
    return {name: _filled(one) for name, one in value.items()}


# ---- choosing -------------------------------------------------------------------------------------------------------


def test_a_stage_that_chooses_nothing_chooses_the_queues() -> None:
    usual = {stage: json.dumps([infra(stage), merge(stage), policies(stage)]) for stage in stages()}
    assert "tateMachine" not in "".join(usual.values())
    assert "states:" not in "".join(usual.values())
    for stage, said in usual.items():
        with chosen("sqs"):
            assert json.dumps([infra(stage), merge(stage), policies(stage)]) == said


@pytest.mark.parametrize("name", ["stepfunctions", "", "Step_Functions", "sqs "])
def test_another_orchestrator_is_refused_by_name(name: str) -> None:
    wanted = rf"\.chalice/config\.json, stage dev: LANDFALL_ORCHESTRATOR is {name}: it is sqs or step_functions"
    with chosen(name), pytest.raises(ArgumentTypeError, match=wanted):
        stage_name("team-a")  # which is configured as dev
    with chosen():
        assert stage_name("team-a") == "team-a"


@pytest.mark.parametrize(("there", "seen"), [(True, "has a state machine"), (False, "has no state machine")])
def test_functions_follow_their_stack(there: bool, seen: str) -> None:
    outputs = {"StateMachine": "arn"} if there else {}
    with chosen("sqs" if there else "step_functions"):
        with pytest.raises(DeployError, match=f"{seen}.* by make infrastructure STAGE=dev"):
            same_orchestrator("dev", outputs)
        same_orchestrator("dev", {} if there else {"StateMachine": "arn"})


def test_the_functions_of_either_way_get_the_machines_arn(template: dict[str, Any]) -> None:
    assert environment("dev", {"StateMachine": "arn"})["LANDFALL_STATE_MACHINE"] == "arn"
    with chosen():
        whole = merge("dev")
    for name in functions("dev"):
        variables = _properties(whole, logical(name))["Environment"]["Variables"]
        assert variables["LANDFALL_STATE_MACHINE"] == template["Outputs"]["StateMachine"]["Value"]


# ---- the machine ----------------------------------------------------------------------------------------------------


def test_the_machine_is_the_checked_in_definition(template: dict[str, Any]) -> None:
    said = _properties(template, "StateMachine")
    assert (_filled(said["StateMachineName"]), said["StateMachineType"]) == ("landfall-dev", "STANDARD")
    substitutions = _filled(said["DefinitionSubstitutions"])
    text = json.dumps(DEFINITION).replace('"MaxConcurrency": 10', '"MaxConcurrency": 4')  # the workers of dev
    for name, arn in CALLED.items():
        text = text.replace(f"${{{name}}}", arn)
    assert json.loads(filled(said["DefinitionString"], substitutions)) == json.loads(text)
    assert all(f"${{{name}}}" in said["DefinitionString"] for name in substitutions)


@pytest.mark.parametrize(("stage", "most"), [("dev", 4), ("prod", 10)])
def test_one_file_takes_no_more_workers_than_the_stage_has(stage: str, most: int) -> None:
    with chosen():
        text = _properties(infra(stage), "StateMachine")["DefinitionString"]
    reserved = functions(stage)["stage_chunk"].get("reserved_concurrency", most)
    maps = [state for state in json.loads(text)["States"].values() if state["Type"] == "Map"]
    assert [state["MaxConcurrency"] for state in maps] == [most, most] == [reserved, reserved]


def test_elsewhere_it_calls_the_services_of_that_partition(template: dict[str, Any]) -> None:
    said = _properties(template, "StateMachine")
    assert "arn:aws:" not in said["DefinitionString"]
    assert all("${AWS::Partition}" in arn["Fn::Sub"] for arn in said["DefinitionSubstitutions"].values())


@pytest.mark.parametrize("traced", [True, False])
def test_it_logs_and_traces_as_the_stage_does(traced: bool) -> None:
    with chosen(xray=traced, log_retention_in_days=7):
        template = infra("dev")
    assert _properties(template, "StateMachine")["TracingConfiguration"] == {"Enabled": traced}
    log = _properties(template, "StateMachineLog")
    assert log["RetentionInDays"] == 7
    logging = _properties(template, "StateMachine")["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    assert "StateMachineLog" in json.dumps(logging["Destinations"])


def test_switching_leaves_nothing_that_a_later_one_would_meet(template: dict[str, Any]) -> None:
    made = set(template["Resources"]) - set(infra("dev")["Resources"])
    alarms = {"AlarmMachineFailures", "AlarmMachineThrottles"}
    assert made == {"StateMachine", "SourceMachine", "StateMachineLog", "StateMachineRole", *alarms}
    assert not any({"DeletionPolicy", "UpdateReplacePolicy"} & set(template["Resources"][name]) for name in made)


def test_everything_that_can_be_tagged_is(template: dict[str, Any]) -> None:
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert kinds - NOT_TAGGABLE <= TAGGED
    assert "Tags" in _properties(template, "StateMachine")


def test_its_role_may_what_it_takes_and_no_more(template: dict[str, Any]) -> None:
    [policy] = _properties(template, "StateMachineRole")["Policies"]
    statements = _filled(policy["PolicyDocument"]["Statement"])
    assert {s["Effect"] for s in statements} == {"Allow"}
    resources = [s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]] for s in statements]
    pairs = {(a, r) for s, listed in zip(statements, resources, strict=True) for a in s["Action"] for r in listed}
    free = {action for action, resource in pairs if resource == "*"}
    assert free == BY_AWS | {action for action in NO_RESOURCE_LEVEL if action.startswith("xray:")}
    assert {pair for pair in pairs if pair[1] != "*"} == {
        *(("lambda:InvokeFunction", arn) for arn in CALLED.values()),
        ("s3:GetObject", "arn:aws:s3:::landfall-dev-123456789012-eu-west-1/processed/*/chunks.json"),
        ("states:StartExecution", f"arn:aws:states:{OF}:stateMachine:landfall-dev"),
        ("states:DescribeExecution", f"arn:aws:states:{OF}:execution:landfall-dev:*"),
        ("states:StopExecution", f"arn:aws:states:{OF}:execution:landfall-dev:*"),
        ("kms:Decrypt", "KmsKeyArn"),
    }


def test_only_these_machines_may_take_their_role(template: dict[str, Any]) -> None:
    role = _properties(template, "StateMachineRole")
    [trust] = _filled(role["AssumeRolePolicyDocument"]["Statement"])
    assert trust["Principal"] == {"Service": ["states.amazonaws.com"]}
    machine = f"arn:aws:states:{OF}:stateMachine:landfall-dev"
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": [machine, f"{machine}/*", f"{machine}-read_source"]}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": VALUES["AWS::AccountId"]}
    assert "PermissionsBoundary" in role


# ---- what goes with it ----------------------------------------------------------------------------------------------


def test_a_template_with_a_machine_goes_by_a_bucket(template: dict[str, Any]) -> None:
    put: list[str] = []
    assert body(template, lambda text: put.append(text) or "url") == {"TemplateURL": "url"}  # type: ignore[func-returns-value]
    assert json.loads(put[0]) == template
    assert len(put[0]) < 1_000_000, "the most that CloudFormation takes from a bucket"


@pytest.mark.parametrize("stage", stages())
def test_cloudwatch_takes_its_alarms_and_its_graphs(stage: str) -> None:
    with chosen():
        assert refused(infra(stage)) == refused(merge(stage)) == []


def test_an_alarm_means_the_machine_and_not_the_file(template: dict[str, Any]) -> None:
    runbook = (ROOT / "docs/operate/runbook.md").read_text()
    for name, _ in OF_EXECUTIONS:
        said = _properties(template, "Alarm" + "".join(map(str.title, name.split("-"))))
        assert said["AlarmDescription"].endswith(f"docs/operate/runbook.md, alarm {name}.")
        assert f"| `{name}` |" in runbook
    shown, *metrics = _properties(template, "AlarmMachineFailures")["Metrics"]
    assert {one["MetricStat"]["Metric"]["MetricName"] for one in metrics} == {
        "ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut", "RunsFailed",
    }  # fmt: skip
    assert "- FILL(runs, 0)" in shown["Expression"]


def test_the_dashboard_shows_the_machine(template: dict[str, Any]) -> None:
    both = (_properties(one, "Dashboard")["DashboardBody"]["Fn::Sub"][0] for one in (infra("dev"), template))
    shown = [json.loads(text) for text in both]
    usual, more = (body["widgets"] for body in shown)
    assert more[: len(usual)] == usual
    rows = [row for widget in more[len(usual) :] for row in widget["properties"]["metrics"]]
    assert {row[0] for row in rows} == {"AWS/States"}
    assert {filled(row[3], HERE) for row in rows} == {f"arn:aws:states:{OF}:stateMachine:landfall-dev"}


def test_policies_with_a_machine_fit_into_their_roles() -> None:
    with chosen():
        must_fit("prod")
