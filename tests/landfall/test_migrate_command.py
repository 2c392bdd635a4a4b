"""Which warehouse `landfall migrate` goes to, as whom, and what it reports when that does not let it in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from landfall.faults import CommandError, ExitCode
from landfall.migrate_command import migrate_warehouse
from landfall.migration.grants import Grants
from landfall.migration.target import WarehouseOptions, grants_of, named, opened, reached, wire_arguments

BY_PASSWORD = {"LANDFALL_WAREHOUSE_USER": "admin", "LANDFALL_WAREHOUSE_PASSWORD": "secret"}
HOST = WarehouseOptions(host="localhost", stage="dev")
OURS, THEIRS = "arn:aws:secretsmanager:eu-west-1:1:secret:ours", "arn:aws:secretsmanager:eu-west-1:1:secret:theirs"


class Account:
    """An account with the stack landfall-dev, its workgroup, and a cluster."""

    def __init__(self, *, stack: dict[str, str], keeps: bool = True) -> None:
        self.stack, self.keeps = stack, keeps

    def client(self, service: str) -> Any:
        assert service in ("cloudformation", "redshift", "redshift-serverless")
        return self

    def describe_stacks(self, **request: str) -> Any:
        assert request == {"StackName": "landfall-dev"}
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self.stack.items()]}]}

    def get_workgroup(self, **request: str) -> Any:
        return {"workgroup": {"namespaceName": f"{request['workgroupName']}-namespace"}}

    def get_namespace(self, **request: str) -> Any:
        return {"namespace": {"adminPasswordSecretArn": OURS + request["namespaceName"]} if self.keeps else {}}

    def describe_clusters(self, **request: str) -> Any:
        return {"Clusters": [{"MasterPasswordSecretArn": OURS + request["ClusterIdentifier"]} if self.keeps else {}]}


SERVERLESS = Account(stack={"Workgroup": "landfall-dev", "Database": "sales", "Bucket": "b"})
PROVISIONED = Account(stack={"Workgroup": "", "Cluster": "ours", "Database": "sales"})


@pytest.mark.parametrize(
    ("account", "options", "where"),
    [
        (
            SERVERLESS,
            WarehouseOptions(stage="dev"),
            {"Database": "sales", "WorkgroupName": "landfall-dev", "SecretArn": f"{OURS}landfall-dev-namespace"},
        ),
        (
            SERVERLESS,
            WarehouseOptions(stage="dev", workgroup="other", database="d", secret_arn=THEIRS),
            {"Database": "d", "WorkgroupName": "other", "SecretArn": THEIRS},
        ),
        (
            PROVISIONED,
            WarehouseOptions(stage="dev"),
            {"Database": "sales", "ClusterIdentifier": "ours", "SecretArn": f"{OURS}ours"},
        ),
        (
            PROVISIONED,
            WarehouseOptions(stage="dev", cluster="other", db_user="admin"),
            {"Database": "dev", "ClusterIdentifier": "other", "DbUser": "admin"},
        ),
    ],
)
def test_the_stage_names_the_warehouse_and_options_go_before(
    account: Account, options: WarehouseOptions, where: dict[str, str]
) -> None:
    assert named(options, account.client) == ("dev", where)


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (WarehouseOptions(), "no warehouse is named: name a stage"),
        (WarehouseOptions(workgroup="www"), r"name the stage \(--stage\)"),
        (WarehouseOptions(stage="dev", workgroup="w", cluster="c"), "a workgroup or a cluster, not both"),
        (WarehouseOptions(stage="dev", workgroup="w", db_user="u"), "--db-user is for a cluster"),
        (WarehouseOptions(stage="dev", cluster="c", db_user="u", secret_arn=THEIRS), "--db-user is for a cluster"),
        (WarehouseOptions(stage="dev", workgroup="www"), "--namespace-name www-namespace --manage-admin-password"),
        (WarehouseOptions(stage="dev", cluster="c"), "--cluster-identifier c --manage-master-password"),
    ],
)
def test_what_lacks_is_named_with_its_fix(options: WarehouseOptions, reported: str) -> None:
    with pytest.raises(CommandError, match=reported):
        named(options, Account(stack={}, keeps=False).client)


SOURCED = WarehouseOptions(stage="local", workgroup="of-the-stack", database="dev")
"""What the shell names with the settings of the local stack."""


@pytest.mark.parametrize("options", [SOURCED, WarehouseOptions(stage="local"), WarehouseOptions()], ids=str)
def test_the_stage_local_is_the_local_stack(local_settings: dict[str, str], options: WarehouseOptions) -> None:
    there, clients = reached(options)
    assert there == SOURCED
    assert getattr(clients, "__self__").local  # noqa: B009


@pytest.mark.parametrize("stage", ["local", ""])
@pytest.mark.parametrize(
    ("other", "option"),
    [
        ({"database": "sales"}, "--database"),
        ({"secret_arn": THEIRS}, "--secret-arn"),
        ({"db_user": "admin"}, "--db-user"),
    ],
)
def test_no_option_is_dropped_for_the_local_stack(
    local_settings: dict[str, str], stage: str, other: dict[str, str], option: str
) -> None:
    with pytest.raises(CommandError, match=f"the local stack has one warehouse: leave out {option}, or name another"):
        reached(WarehouseOptions(stage=stage, **other))


@pytest.mark.parametrize("other", [{"workgroup": "theirs"}, {"cluster": "theirs"}], ids=str)
def test_no_warehouse_beside_that_of_the_local_stack(local_settings: dict[str, str], other: dict[str, str]) -> None:
    with pytest.raises(CommandError, match=f"leave out --{next(iter(other))}, or name another stage"):
        reached(WarehouseOptions(stage="local", **other))


def test_a_secret_is_not_dropped_for_a_host() -> None:
    options = replace(HOST, secret_arn=THEIRS)
    with pytest.raises(CommandError, match=r"a host is named: .* log in; leave out --secret-arn"), opened(options):
        pass


def test_a_local_stack_that_is_not_up_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LANDFALL_STATE_DIR", str(tmp_path))
    with pytest.raises(CommandError, match="the local stack is not up: start it with `landfall up`"):
        reached(SOURCED)


@pytest.mark.parametrize(("loads_as", "user"), [("", "IAMR:landfall-dev-advance_run"), ("loader", "loader")])
def test_the_rights_of_a_load_go_to_the_user_that_is_named(loads_as: str, user: str) -> None:
    assert grants_of(replace(HOST, loads_as=loads_as), "dev", "sales") == Grants(user=user, database="sales")


class NoStack:
    """CloudFormation without the stack, or which refuses the caller."""

    def __init__(self, message: str) -> None:
        self.message = message

    def describe_stacks(self, **request: str) -> Any:
        raise ClientError({"Error": {"Code": "ValidationError", "Message": self.message}}, "DescribeStacks")


def test_a_stage_without_a_stack_is_named_with_its_fix() -> None:
    absent = NoStack("Stack with id landfall-dev does not exist")
    with pytest.raises(CommandError, match="stage dev has no infrastructure yet: run `make deploy STAGE=dev`"):
        named(WarehouseOptions(stage="dev"), lambda service: absent)
    with pytest.raises(ClientError, match="no right"):
        named(WarehouseOptions(stage="dev"), lambda service: NoStack("no right"))


def test_a_host_is_reached_with_port_and_tls() -> None:
    assert wire_arguments(HOST, BY_PASSWORD) == {
        "host": "localhost", "port": 5439, "ssl": True, "database": "dev", "user": "admin", "password": "secret",
    }  # fmt: skip
    tunnel = {**BY_PASSWORD, "LANDFALL_WAREHOUSE_PORT": "15439", "LANDFALL_WAREHOUSE_TLS": "off"}
    there = wire_arguments(HOST, tunnel)
    assert (there["port"], there["ssl"]) == (15439, False)


@pytest.mark.parametrize(
    "wrong",
    [{"LANDFALL_WAREHOUSE_PORT": "tunnel"}, {"LANDFALL_WAREHOUSE_TLS": "no"}, {"LANDFALL_WAREHOUSE_PASSWORD": ""}],
    ids=str,
)
def test_a_wrong_warehouse_setting_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(CommandError) as fault:
        wire_arguments(HOST, {**BY_PASSWORD, **wrong})
    assert fault.value.code == ExitCode.USAGE
    assert next(iter(wrong)) in fault.value.message


@pytest.mark.parametrize(
    ("options", "settings", "said"),
    [
        (WarehouseOptions(stage="dev"), {}, "must specify a region: export AWS_DEFAULT_REGION"),
        (
            WarehouseOptions(stage="dev"),
            {"AWS_DEFAULT_REGION": "eu-west-1"},
            "Unable to locate credentials: aws configure",
        ),
        (
            WarehouseOptions(stage="dev", workgroup="www"),
            {
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # no server listens there
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_MAX_ATTEMPTS": "1",
            },
            "Could not connect to the endpoint URL",
        ),
        (HOST, {**BY_PASSWORD, "LANDFALL_WAREHOUSE_PORT": "9"}, "Connection refused; is the tunnel up?"),
    ],
)
def test_what_to_do_where_there_is_no_way_in_is_reported(
    monkeypatch: pytest.MonkeyPatch, options: WarehouseOptions, settings: dict[str, str], said: str
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "absent")
    for name, value in {"AWS_EC2_METADATA_DISABLED": "true", **settings}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match="the warehouse does not answer") as fault:
        migrate_warehouse(options, plans=False, alters=False, as_json=False)
    assert fault.value.code == ExitCode.ABSENT
    assert said in fault.value.message
