"""What a deployment is about to make: the stage, its parameters and the place, as every look needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.machine import has_machine
from deploy.rules import defaults
from deploy.stack import NEVER_MADE, placeholders
from deploy.stage import filled, settings
from deploy.template.infra import infra
from landfall.remote.deployment import described_stack


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A deployment that may have been made before."""

    session: Any
    stage: str
    template: Mapping[str, Any]
    """The template of the stack."""
    parameters: Mapping[str, str]
    """Each parameter of the stack with the value that it will have."""
    given: Mapping[str, str]
    """The parameters that the operator gives this time."""
    where: Mapping[str, str]
    """Partition, region, account and stage, by the names of the policies' placeholders."""
    caller: str
    """ARN of the identity that deploys."""
    exists: bool
    """Whether the stack is there."""
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Make a client, once."""
        if service not in self.clients:
            self.clients[service] = self.session.client(service)
        return self.clients[service]

    def name(self, text: str) -> str:
        """Fill in the placeholders of a name."""
        return str(filled(text, self.where))

    def listed(self, parameter: str) -> list[str]:
        """Return the values of a parameter that is a list."""
        return [value for value in self.parameters[parameter].split(",") if value]

    @property
    def makes_warehouse(self) -> bool:
        """Whether the stack makes a workgroup."""
        return self.parameters["CreateWarehouse"] == "true"

    @property
    def makes_machine(self) -> bool:
        """Whether the stack makes a state machine."""
        return has_machine(settings(self.stage))


def planned(session: Any, stage: str, given: Mapping[str, str]) -> Planned:
    """Return what `make deploy` would make. A parameter that is not given keeps the stack's value, else its default."""
    now = described_stack(session.client("cloudformation"), stage)
    if now and now["StackStatus"] == NEVER_MADE:
        now = None
    template = infra(stage)
    known = template["Parameters"]
    kept = {p["ParameterKey"]: p["ParameterValue"] for p in (now or {}).get("Parameters", [])}
    return Planned(
        session=session,
        stage=stage,
        template=template,
        parameters={**defaults(template), **{name: kept[name] for name in kept.keys() & known.keys()}, **given},
        given=given,
        where=placeholders(session, stage),
        caller=session.client("sts").get_caller_identity()["Arn"],
        exists=now is not None,
    )
