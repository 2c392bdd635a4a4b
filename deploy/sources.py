"""What `read_source` may do in Amazon Connect: what the contracts in use read, on their instances, and nothing else.

Actions and resources are those of AWS's Service Authorization Reference, with the actions that others depend on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.source.connect import RESOURCES, ConnectSettings, Dataset
from deploy.landing import contracts_in_use

NEEDS = {
    Dataset.USERS: (("SearchUsers", ""), ("DescribeUser", "/agent/*"), ("ListUserProficiencies", "/agent/*")),
    Dataset.QUEUES: (("SearchQueues", ""), ("DescribeQueue", "/queue/*")),
    Dataset.CONTACTS: (("SearchContacts", ""), ("DescribeContact", "/contact/*")),
}
"""Actions by dataset, each with what follows the instance in the ARN of its resource."""


def rights_of_sources(contracts: Iterable[Contract] | None = None) -> list[dict[str, Any]]:
    """Return the statements that the sources of contracts need, by default of those in use. Raises DeployError."""
    actions = defaultdict[str, set[str]](set)
    for contract in contracts_in_use().values() if contracts is None else contracts:
        if contract.source and contract.source.connect:
            for action, resource in _needs(contract.source.connect):
                actions[resource].add(f"connect:{action}")
    resources = defaultdict[tuple[str, ...], list[str]](list)
    for resource in sorted(actions):
        resources[tuple(sorted(actions[resource]))].append(resource)
    return [
        {"Sid": f"ReadConnect{number}", "Effect": "Allow", "Action": list(listed), "Resource": found}
        for number, (listed, found) in enumerate(resources.items(), 1)
    ]


def _needs(settings: ConnectSettings) -> Iterator[tuple[str, str]]:
    """Yield actions and resources. Metrics need the resources that they are filtered by."""
    for action, part in NEEDS.get(settings.dataset, ()):
        yield action, settings.instance + part
    if settings.dataset is Dataset.METRICS:
        for key in settings.filters:
            if key in RESOURCES:
                yield "GetMetricDataV2", f"{settings.instance}/{RESOURCES[key]}/*"
