"""The state machines in the template: infra/statemachine.yaml, with their definitions and what the stage sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from deploy.stage import ROOT

DEFINITIONS = {"StateMachine": "statemachine.asl.json", "SourceMachine": "source.asl.json"}
"""The machines, with their definitions in infra/."""
WORKERS = "LANDFALL_WORKERS"
OUTPUTS = {name: {"Value": {"Ref": name}} for name in DEFINITIONS}


def machine(stage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the machines of a stage of this configuration, their role and their log as resources."""
    resources: dict[str, Any] = yaml.safe_load((ROOT / "infra/statemachine.yaml").read_text())["Resources"]
    for name, file in DEFINITIONS.items():
        properties = resources[name]["Properties"]
        text = json.dumps(_definition(file, stage["environment_variables"]), separators=(",", ":"))
        properties["DefinitionString"] = _portable(text, properties["DefinitionSubstitutions"])
        properties["TracingConfiguration"] = {"Enabled": stage["xray"]}
    resources["StateMachineLog"]["Properties"]["RetentionInDays"] = stage["log_retention_in_days"]
    return resources


def _definition(file: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return a definition, whose maps call as many functions at once as the stage has workers for chunks."""
    definition: dict[str, Any] = json.loads((ROOT / "infra" / file).read_text())
    for state in definition["States"].values():
        if state["Type"] == "Map":
            state["MaxConcurrency"] = int(variables.get(WORKERS, state["MaxConcurrency"]))
    return definition


def _portable(text: str, substitutions: Mapping[str, Mapping[str, str]]) -> str:
    """Put a placeholder for each ARN that a partition has as its own."""
    for name, arn in substitutions.items():
        text = text.replace(f'"{arn["Fn::Sub"].replace("${AWS::Partition}", "aws")}"', f'"${{{name}}}"')
    return text
