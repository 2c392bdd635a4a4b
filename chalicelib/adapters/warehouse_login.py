"""Connections to the warehouse, with the login that a secret of Secrets Manager holds.

Guarantees TLS with a checked certificate and name to any host but this machine. The secret is read once while the
function stays warm, and again if the warehouse does not accept the login: it may have been rotated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws_errors import translate_errors
from chalicelib.adapters.direct import STATEMENT_SECONDS, Connection, refusal_of
from chalicelib.config import Settings
from chalicelib.errors import Refused, Retryable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

REDSHIFTS_PORT = 5439
THIS_MACHINE = ("127.0.0.1", "localhost")
ANSWER_SECONDS = STATEMENT_SECONDS + 10
"""The longest wait for an answer: the warehouse itself stops a statement earlier."""
LOGIN_REFUSED = "28"
"""How the codes of the warehouse's errors about a login begin."""


class WarehouseLogin:
    """Opens connections to the host of the settings."""

    def __init__(self, secrets: Callable[[], SecretsManagerClient], settings: Settings) -> None:
        self._secrets, self._settings = secrets, settings
        self._login: tuple[str, str] | None = None

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a connection, and close it: what is not committed has no effect. Raises Retryable, Refused."""
        with closing(self._open()) as connection:
            yield connection

    def _open(self) -> Any:
        known = self._login is not None
        try:
            return self._opened()
        except _LoginRefusedError as refused:
            self._login = None
            if known:
                try:
                    return self._opened()
                except _LoginRefusedError:
                    self._login = None
            raise Refused(
                "the warehouse does not accept the user and password of the secret LANDFALL_DB_SECRET; correct it there"
            ) from refused.__cause__

    def _opened(self) -> Any:
        import redshift_connector
        from redshift_connector.error import Error

        self._login = self._login or self._read()
        try:
            return redshift_connector.connect(**arguments(self._settings), user=self._login[0], password=self._login[1])
        except (Error, OSError) as error:
            if refusal_of(error).get("C", "").startswith(LOGIN_REFUSED):
                raise _LoginRefusedError from error
            raise Retryable(f"the warehouse does not answer at {self._settings.warehouse_host}") from error

    def _read(self) -> tuple[str, str]:
        with translate_errors("read the secret LANDFALL_DB_SECRET"):
            response = self._secrets().get_secret_value(SecretId=self._settings.db_secret)
        try:
            found = json.loads(response.get("SecretString", ""))
            return str(found["username"]), str(found["password"])
        except (ValueError, KeyError, TypeError):
            raise Refused('the secret LANDFALL_DB_SECRET must be JSON with "username" and "password"') from None


def arguments(settings: Settings) -> dict[str, Any]:
    """Return the driver's arguments but for the login. TLS is on, except to the local stack's warehouse."""
    host, _, port = settings.warehouse_host.partition(":")
    there = {"host": host, "port": int(port or REDSHIFTS_PORT), "database": settings.database}
    tls = {"ssl": host not in THIS_MACHINE, "sslmode": "verify-full"}
    return {**there, **tls, "timeout": ANSWER_SECONDS, "application_name": "landfall"}


class _LoginRefusedError(Exception):
    """The warehouse does not accept user and password."""
