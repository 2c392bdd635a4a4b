"""The CDK construct has the template's parameters, with their types and rules. These tests need no CDK."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from tests.packaging.cdk import GIVEN, HERE, PARAMETERS, Parameters

RULES = {"Type", "Default", "Description", "AllowedPattern", "AllowedValues", "MinValue", "MaxValue"}


def _field(parameter: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).lower()


def test_fields_are_exactly_the_templates_parameters() -> None:
    assert [field.name for field in fields(Parameters)] == [_field(name) for name in PARAMETERS]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_field_has_its_parameters_type_and_no_default(parameter: str) -> None:
    said = PARAMETERS[parameter]
    kind = {"Number": "int", "CommaDelimitedList": "Sequence[str]"}.get(said["Type"], "str")
    wanted = "bool" if said.get("AllowedValues") == ["true", "false"] else kind
    [field] = [field for field in fields(Parameters) if field.name == _field(parameter)]
    assert (field.type, field.default) == (f"{wanted} | None", None)
    assert get_type_hints(Parameters)


def test_given_parameters_are_as_cloudformation_writes_them() -> None:
    assert Parameters().given() == {}
    assert Parameters(**GIVEN).given() == {
        "CreateWarehouse": "false",
        "WorkgroupName": "own",
        "WorkgroupArn": GIVEN["workgroup_arn"],
        "SupportEmail": "a@b.example",
        "KeepProcessedDays": "31",
        "SubnetIds": GIVEN["subnet_ids"],
    }


def refused(**given: Any) -> list[str]:
    return list(Parameters(**given).refused(PARAMETERS))


def imported(source: str) -> list[str]:
    """The modules that a source imports."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]


def just_beyond(said: dict[str, Any]) -> list[Any]:
    """Values that the parameter refuses."""
    if said["Type"] == "Number":
        return [said["MinValue"] - 1, said["MaxValue"] + 1, "8.5", "many"]
    if said["Type"] == "CommaDelimitedList":
        return ["subnet-0a1b2c3d,subnet-0a1b2c3e"]
    wrong = [["a"]]
    if "AllowedValues" in said:
        wrong.append(said["AllowedValues"][0].swapcase())
    return [*wrong, f"{said['Default']}\n", "Ä"] if "AllowedPattern" in said else wrong


def just_within(said: dict[str, Any]) -> list[Any]:
    """Values that the parameter takes."""
    if said["Type"] == "Number":
        return [said["MinValue"], said["MaxValue"], said["Default"]]
    return [[], ["subnet-0a1b2c3d"]] if said["Type"] == "CommaDelimitedList" else [said["Default"]]


def test_the_template_has_no_rule_that_is_not_checked() -> None:
    assert {rule for said in PARAMETERS.values() for rule in said} <= RULES
    numbers = [said for said in PARAMETERS.values() if said["Type"] == "Number"]
    assert all({"MinValue", "MaxValue"} <= said.keys() for said in numbers)


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_value_is_refused_where_its_parameter_refuses_it(parameter: str) -> None:
    field, said = _field(parameter), PARAMETERS[parameter]
    for value in just_within(said):
        assert refused(**{field: value}) == []
    for value in just_beyond(said):
        [line] = refused(**{field: value})
        assert line.startswith(f"{field} is {value!r}, but must be ")
        assert line.endswith(said["Description"])


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.py")), ids=lambda path: path.name)
def test_the_construct_needs_only_cdk(path: Path) -> None:
    named = {name.split(".")[0] for name in imported(path.read_text())}
    assert named <= {*sys.stdlib_module_names, "aws_cdk", "constructs", "landfall_cdk"}


def test_imports_of_both_kinds_are_found() -> None:
    assert imported("import deploy.stage\ndef f():\n    from landfall import x") == ["deploy.stage", "landfall"]


def test_all_faults_are_reported_at_once() -> None:
    assert len(refused(keep_processed_days=1, versioning="enabled", support_email="a@b.example")) == 2


def test_an_empty_list_is_as_one_that_is_not_given() -> None:
    assert Parameters(subnet_ids=[], security_group_ids=()).given() == {}
