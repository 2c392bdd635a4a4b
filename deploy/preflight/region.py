"""Looks whether the region has the services that not every region has."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError, EndpointConnectionError

from deploy.preflight.look import REFUSED, code_of
from deploy.preflight.planned import Planned
from landfall.doctor.report import Look, failure, good, warning

CALLS = {
    "redshift-serverless": ("list_workgroups", {"maxResults": 1}),
    "redshift-data": ("list_statements", {"MaxResults": 1}),
    "stepfunctions": ("list_state_machines", {"maxResults": 1}),
}
"""A call of each service that changes nothing."""


def region(planned: Planned) -> Iterator[Look]:
    """Call each service. A refusal of the caller is an answer, too: the service is there."""
    chosen = {"redshift-serverless": planned.makes_warehouse, "stepfunctions": planned.makes_machine}
    for service in CALLS:
        if chosen.get(service, True):
            yield _has(planned, service)


def _has(planned: Planned, service: str) -> Look:
    name, where = f"region has {service}", planned.where["AWS::Region"]
    call, arguments = CALLS[service]
    try:
        getattr(planned.client(service), call)(**arguments)
    except EndpointConnectionError:
        return failure(name, f"{where} does not answer for it", "deploy to a region that has it")
    except ClientError as error:
        if code_of(error) not in REFUSED:
            return warning(name, f"cannot be seen here: {code_of(error)}")
    return good(name, where)
