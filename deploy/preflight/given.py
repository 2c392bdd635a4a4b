"""Looks at the parameters, and at what they name in the account."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from deploy.preflight.look import FREE, code_of
from deploy.preflight.planned import Planned
from deploy.rules import broken
from landfall.doctor.report import Look, failure, good

NAME = "parameters"


def given(planned: Planned) -> Iterator[Look]:
    """Look for values and combinations that the template refuses, and for what they name and is not there."""
    faults = broken(planned.template, planned.parameters)
    yield from (failure(NAME, fault.rstrip("."), "docs/operate/deploy.md, Parameters") for fault in faults)
    missing = [] if faults else list(_missing(planned))
    yield from missing
    if not (faults or missing):
        yield good(NAME, "each is allowed, and what they name is there")


def _missing(planned: Planned) -> Iterator[Look]:
    if name := planned.parameters["WorkgroupName"]:
        yield from _workgroup(planned, name)


def _workgroup(planned: Planned, name: str) -> Iterator[Look]:
    try:
        found = planned.client("redshift-serverless").get_workgroup(workgroupName=name)["workgroup"]
    except ClientError as error:
        if code_of(error) not in FREE:
            raise
        yield failure(NAME, f"there is no workgroup {name}", "aws redshift-serverless list-workgroups")
        return
    if found["workgroupArn"] != planned.parameters["WorkgroupArn"]:
        yield failure(
            NAME, "WorkgroupArn is not the ARN of WorkgroupName", f"give WorkgroupArn={found['workgroupArn']}"
        )
