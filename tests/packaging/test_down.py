"""What a teardown deletes, and that it asks before it touches data."""

from __future__ import annotations

from typing import Any

import pytest

from deploy import down
from deploy.down import DELETE, teardown
from deploy.template import infra
from tests.packaging.test_stack import Cloud


class Pages:
    """The resources of the stack, as CloudFormation lists them."""

    def paginate(self, **_which: Any) -> list[dict[str, Any]]:
        made = infra("dev")["Resources"].items()
        return [
            {"StackResourceSummaries": [{"ResourceType": r["Type"], "PhysicalResourceId": name} for name, r in made]}
        ]


class Account(Cloud):
    """A session whose every client is this one; it has no functions deployed."""

    def client(self, _service: str) -> Account:
        return self

    def get_object(self, **_which: Any) -> Any:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")

    def get_paginator(self, _name: str) -> Pages:
        return Pages()

    def describe_stacks(self, **which: Any) -> dict[str, Any]:
        found = super().describe_stacks(**which)
        names = ("Bucket", "Table", "Workgroup", "WorkgroupArn")
        found["Stacks"][0]["Outputs"] = [{"OutputKey": name, "OutputValue": name.lower()} for name in names]
        return found


def test_data_stays_unless_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    account = Account(status="CREATE_COMPLETE")
    teardown(account, "test", deletes_data=False)
    assert account.asked == []
    assert "make teardown STAGE=test DATA=delete" in capsys.readouterr().out


def test_a_stage_that_is_not_there_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    account = Account()
    teardown(account, "test", deletes_data=True)
    assert account.asked == []
    assert "nothing to do" in capsys.readouterr().out


def test_everything_that_outlives_its_stack_can_be_deleted_the_workgroup_before_its_namespace() -> None:
    kept = down._kept(Account(status="CREATE_COMPLETE"), "test")
    retained = {name for name, r in infra("dev")["Resources"].items() if "DeletionPolicy" in r}
    assert {name for _, name in kept} == retained
    order = list(DELETE)
    assert order.index("AWS::RedshiftServerless::Workgroup") < order.index("AWS::RedshiftServerless::Namespace")
