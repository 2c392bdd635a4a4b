"""The parameters of Landfall's template, with types. It imports nothing of CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of the template, described in docs/operate/deploy.md. One that is None has the template's default."""

    versioning: str | None = None
    keep_processed_days: int | None = None
    kms_key_arn: str | None = None
    permissions_boundary: str | None = None
    support_email: str | None = None
    business_email: str | None = None
    create_warehouse: bool | None = None
    workgroup_name: str | None = None
    workgroup_arn: str | None = None
    cluster_identifier: str | None = None
    database: str | None = None
    base_capacity: int | None = None
    max_capacity: int | None = None
    subnet_ids: Sequence[str] | None = None
    security_group_ids: Sequence[str] | None = None
    create_alarms: bool | None = None
    create_glue_database: bool | None = None
    record_data_events: bool | None = None

    def values(self) -> dict[str, Any]:
        """Return those that are given, by their names here. An empty list is the template's default, too."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None and value not in ([], ())}

    def given(self) -> dict[str, Any]:
        """Return those that are given, by their names in the template and as CloudFormation writes them."""
        return {in_template(field): _text(value) for field, value in self.values().items()}

    def refused(self, declared: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Return a line for each that breaks a rule of its parameter in the template, with the parameter's meaning.

        Given values replace the parameters, so that CloudFormation no longer has the rules to check them by.
        """
        checked = [(field, value, declared[in_template(field)]) for field, value in self.values().items()]
        return [
            f"{field} is {value!r}, but must be {rule}: {parameter['Description']}"
            for field, value, parameter in checked
            if (rule := _broken(_text(value), parameter))
        ]


def in_template(field: str) -> str:
    """Return the parameter's name in the template."""
    return "".join(word.title() for word in field.split("_"))


def _text(value: Any) -> Any:
    """Lists stay lists. CloudFormation has no other types than these and texts."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | str) else list(value)


def _broken(value: Any, parameter: Mapping[str, Any]) -> str:
    """Return the rule that the value breaks, or an empty text."""
    if (parameter["Type"] == "CommaDelimitedList") != isinstance(value, list):
        return "a text" if isinstance(value, list) else "a list of texts"
    if parameter["Type"] == "Number":
        return _out_of_bounds(value, parameter)
    if value not in parameter.get("AllowedValues", [value]):
        return f"one of {', '.join(parameter['AllowedValues'])}"
    pattern = parameter.get("AllowedPattern")
    return f"as {pattern}" if pattern and not re.fullmatch(pattern, value) else ""


def _out_of_bounds(value: str, parameter: Mapping[str, Any]) -> str:
    if not re.fullmatch(r"-?[0-9]+", value):
        return "a whole number"
    lowest, highest = parameter["MinValue"], parameter["MaxValue"]
    return "" if lowest <= int(value) <= highest else f"from {lowest} to {highest}"
