"""The state machine in the template: infra/statemachine.yaml, with its definition and what the stage sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from deploy.stage import ROOT

DEFINITION = ROOT / "infra/statemachine.asl.json"
WORKERS = "LANDFALL_WORKERS"
OUTPUTS = {"StateMachine": {"Value": {"Ref": "StateMachine"}}}


def machine(stage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the machine of a stage of this configuration, its role and its log as resources."""
    resources: dict[str, Any] = yaml.safe_load((ROOT / "infra/statemachine.yaml").read_text())["Resources"]
    properties = resources["StateMachine"]["Properties"]
    text = json.dumps(_definition(stage["environment_variables"]), separators=(",", ":"))
    properties["DefinitionString"] = _portable(text, properties["DefinitionSubstitutions"])
    properties["TracingConfiguration"] = {"Enabled": stage["xray"]}
    resources["StateMachineLog"]["Properties"]["RetentionInDays"] = stage["log_retention_in_days"]
    return resources


def _definition(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the definition, whose maps call as many functions at once as the stage has workers for chunks."""
    definition: dict[str, Any] = json.loads(DEFINITION.read_text())
    for state in definition["States"].values():
        if state["Type"] == "Map":
            state["MaxConcurrency"] = int(variables.get(WORKERS, state["MaxConcurrency"]))
    return definition


def _portable(text: str, substitutions: Mapping[str, Mapping[str, str]]) -> str:
    """Put a placeholder for each ARN that a partition has as its own."""
    for name, arn in substitutions.items():
        text = text.replace(f'"{arn["Fn::Sub"].replace("${AWS::Partition}", "aws")}"', f'"${{{name}}}"')
    return text
