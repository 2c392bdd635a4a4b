"""The parameters of Landfall's template, with types. It imports nothing of CDK."""

from __future__ import annotations

from collections.abc import Sequence
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

    def given(self) -> dict[str, Any]:
        """Return those that are given, by their names in the template and as CloudFormation writes them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {_name(field): _text(value) for field, value in values.items() if value is not None}


def _name(field: str) -> str:
    return "".join(word.title() for word in field.split("_"))


def _text(value: Any) -> Any:
    """Lists stay lists. CloudFormation has no other types than these and texts."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | str) else list(value)
