"""Which warehouse `landfall migrate` goes to, and what it says when that does not let it in."""

from __future__ import annotations

import pytest

from landfall.faults import CommandError, ExitCode
from landfall.migrate_command import _where, migrate_warehouse

BY_PASSWORD = {
    "LANDFALL_WAREHOUSE_HOST": "localhost",
    "LANDFALL_WAREHOUSE_USER": "admin",
    "LANDFALL_WAREHOUSE_PASSWORD": "secret",
}


def test_a_host_wins_over_a_workgroup_with_port_and_tls() -> None:
    there = _where({**BY_PASSWORD, "LANDFALL_WORKGROUP": "landfall-dev"})
    assert there == {
        "host": "localhost", "port": 5439, "ssl": True, "database": "dev", "user": "admin", "password": "secret",
    }  # fmt: skip


def test_a_tunnel_has_a_port_of_its_own() -> None:
    there = _where({**BY_PASSWORD, "LANDFALL_WAREHOUSE_PORT": "15439", "LANDFALL_WAREHOUSE_TLS": "off"})
    assert (there["port"], there["ssl"]) == (15439, False)


@pytest.mark.parametrize(
    "wrong",
    [{"LANDFALL_WAREHOUSE_PORT": "tunnel"}, {"LANDFALL_WAREHOUSE_TLS": "no"}, {"LANDFALL_WAREHOUSE_PASSWORD": ""}],
    ids=str,
)
def test_a_wrong_warehouse_setting_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(CommandError) as fault:
        _where({**BY_PASSWORD, **wrong})
    assert fault.value.code == ExitCode.USAGE
    assert next(iter(wrong)) in fault.value.message


def test_credentials_that_aws_does_not_take_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BY_PASSWORD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANDFALL_WORKGROUP", "landfall-dev")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CommandError, match="the warehouse does not answer") as fault:
        migrate_warehouse(as_json=False)
    assert fault.value.code == ExitCode.ABSENT


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LANDFALL_WORKGROUP": "landfall-dev"}, "must specify a region: export AWS_DEFAULT_REGION"),
        (
            {"LANDFALL_WORKGROUP": "landfall-dev", "AWS_DEFAULT_REGION": "eu-west-1"},
            "Unable to locate credentials: aws configure",
        ),
        ({**BY_PASSWORD, "LANDFALL_WAREHOUSE_PORT": "9"}, "does not answer: Connection refused; is the tunnel up?"),
    ],
)
def test_what_to_do_where_there_is_no_way_in_is_reported(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    for name in (*BY_PASSWORD, "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "absent")
    for name, value in {"AWS_EC2_METADATA_DISABLED": "true", **settings}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match="the warehouse does not answer") as fault:
        migrate_warehouse(as_json=False)
    assert said in fault.value.message
