"""How direct loads log in: the secret of Secrets Manager, TLS, and what becomes of a login that is refused."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.adapters.warehouse_login import WarehouseLogin, arguments
from chalicelib.config import Settings, SettingsError
from chalicelib.errors import Refused, Retryable
from local.redshift.server import LocalRedshift
from tests.adapters.warehouses import Secret, Site, login_of, wire_login
from tests.support.settings import SETTINGS


@pytest.fixture
def local(redshift: Site) -> LocalRedshift:
    assert redshift.local
    return redshift.local


@pytest.fixture
def refused() -> Iterator[None]:
    """Logins are refused, and the driver leaves their sockets to the garbage collector."""
    yield
    gc.collect()


UNCLOSED = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def connected(held: WarehouseLogin) -> bool:
    """Whether the warehouse lets it in, and answers."""
    with held.connect() as connection:
        connection.cursor().execute("select 1")
    return True


def test_the_secret_is_read_once_while_the_login_is_accepted(local: LocalRedshift) -> None:
    secret = Secret(login_of(local))
    held = wire_login(local, secret)
    assert connected(held)
    assert connected(held)
    assert secret.reads == 1


def after_rotation(local: LocalRedshift, secret: Secret) -> WarehouseLogin:
    """A login that read the secret when the password was another one."""
    held = wire_login(local, secret)
    held._login = local.loader_login["username"], "before"
    return held


@UNCLOSED
@pytest.mark.usefixtures("refused")
def test_a_password_that_was_changed_is_read_again(local: LocalRedshift) -> None:
    secret = Secret(login_of(local))
    held = after_rotation(local, secret)
    assert connected(held)
    assert connected(held)
    assert secret.reads == 1


@UNCLOSED
@pytest.mark.usefixtures("refused")
def test_the_secret_is_read_again_once(local: LocalRedshift) -> None:
    secret = Secret(login_of(local, "wrong"), login_of(local))
    held = after_rotation(local, secret)
    with pytest.raises(Refused, match="LANDFALL_DB_SECRET") as caught:
        connected(held)
    assert secret.reads == 1
    assert "wrong" not in str(caught.value)
    assert connected(held)


@UNCLOSED
@pytest.mark.usefixtures("refused")
def test_a_wrong_password_is_not_tried_twice(local: LocalRedshift) -> None:
    secret = Secret(login_of(local, "wrong"))
    with pytest.raises(Refused, match="LANDFALL_DB_SECRET"):
        connected(wire_login(local, secret))
    assert secret.reads == 1


@pytest.mark.parametrize("text", ["", "hidden", "[]", '{"username": "u"}', '{"password": "hidden"}'])
def test_a_malformed_secret_is_not_shown(local: LocalRedshift, text: str) -> None:
    with pytest.raises(Refused, match='JSON with "username" and "password"') as caught:
        connected(wire_login(local, Secret(text)))
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_warehouse_that_does_not_answer_may_later(local: LocalRedshift) -> None:
    with pytest.raises(Retryable, match=r"does not answer at 127\.0\.0\.1:1$"):
        connected(wire_login(local, warehouse_host="127.0.0.1:1"))


@pytest.mark.parametrize(
    ("host", "there"),
    [
        (
            "wg.1.redshift-serverless.amazonaws.com",
            ("wg.1.redshift-serverless.amazonaws.com", 5439),
        ),
        ("10.0.0.7:5440", ("10.0.0.7", 5440)),
    ],
)
def test_tls_is_on_and_the_name_checked(host: str, there: tuple[str, int]) -> None:
    found = arguments(replace(SETTINGS, warehouse_host=host))
    assert (found["host"], found["port"]) == there
    assert (found["ssl"], found["sslmode"]) == (True, "verify-full")


def test_only_this_machine_is_reached_without_tls() -> None:
    tls = {host: arguments(replace(SETTINGS, warehouse_host=host))["ssl"] for host in ("127.0.0.1:1", "localhost", "x")}
    assert tls == {"127.0.0.1:1": False, "localhost": False, "x": True}


def test_a_host_needs_a_secret_and_the_form_of_a_host() -> None:
    env = {f"LANDFALL_{name}".upper(): str(getattr(SETTINGS, name)) for name in REQUIRED}
    sound = {"LANDFALL_WAREHOUSE_HOST": "h:1", "LANDFALL_DB_SECRET": "arn"}
    assert Settings.from_env({**env, **sound}).warehouse_host == "h:1"
    for more, fault in (
        ({"LANDFALL_WAREHOUSE_HOST": "h"}, "needs LANDFALL_DB_SECRET"),
        ({"LANDFALL_WAREHOUSE_HOST": "https://h", "LANDFALL_DB_SECRET": "arn"}, "must be a host, or host:port"),
    ):
        with pytest.raises(SettingsError, match=fault):
            Settings.from_env({**env, **more})


REQUIRED = (
    "bucket", "table", "run_queue", "chunk_queue", "success_topic", "failure_topic", "tokens_secret", "workgroup",
    "copy_role",
)  # fmt: skip
