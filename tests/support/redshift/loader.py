"""The user that loads run as, with the grants that `landfall migrate` gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.ids import digest
from landfall.migration.grants import Grants
from tests.support.redshift.desk import Desk
from tests.support.redshift.house import Redshift
from tests.support.redshift.migration import apply


@contextmanager
def loader_of(desk: Desk, dsn: str, contracts: dict[str, Contract]) -> Iterator[str]:
    """A warehouse that is migrated and its load's user; the user's DSN.

    The manager of the stand-in makes the user, so that it has a password.
    """
    name = re.findall(r"dbname=(\S+)", dsn)[0]
    user, manager = f"loader_{digest(name)}", f"{desk.redshift._postgres.manager_dsn} dbname={name}"
    with psycopg.connect(manager, autocommit=True) as session:
        session.execute(f"create user \"{user}\" password '{digest(user)}'".encode())
        session.execute(f'grant connect on database "{name}" to "{user}"'.encode())  # Redshift grants it to everyone
        _let_in(session, user)
    with Redshift(dsn) as session:
        apply(session, contracts, grants=Grants(user=user, database=name))
    yield re.sub(r"user=\S+ password=\S+", f"user={user} password={digest(user)}", dsn)
    with psycopg.connect(dsn, autocommit=True) as session:  # who granted it takes it back
        session.execute(f'revoke temp on database "{name}" from "{user}"'.encode())
    with psycopg.connect(manager, autocommit=True) as session:
        session.execute(f'revoke connect on database "{name}" from "{user}"'.encode())
        session.execute(f'drop owned by "{user}"'.encode())
        session.execute(f'drop user "{user}"'.encode())


def _let_in(session: psycopg.Connection[Any], user: str) -> None:
    """Let a user log in by its password; the stand-in lets in nobody but its own role."""
    (rules,) = session.execute("show hba_file").fetchone() or ("",)
    with Path(rules).open("a") as file:
        file.write(f'host all "{user}" 127.0.0.1/32 password\n')
    session.execute("select pg_reload_conf()")
