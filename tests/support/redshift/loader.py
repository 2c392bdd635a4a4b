"""The user that loads run as, with the very grants of docs/operate/deploy.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.run.model import digest
from landfall.migrate import migrate
from tests.support.paths import ROOT
from tests.support.redshift.desk import Desk
from tests.support.redshift.house import Redshift

DOCUMENTED = '"IAMR:landfall-dev-advance_run"'


def documented_grants() -> str:
    (block,) = re.findall(
        r"```sql\n(  create user .*?)```", (ROOT / "docs/operate/deploy.md").read_text("utf-8"), re.DOTALL
    )
    return str(block)


@contextmanager
def loader_of(desk: Desk, dsn: str, contracts: dict[str, Contract]) -> Iterator[str]:
    """A warehouse that is migrated and its load's user; the user's DSN.

    The manager of the stand-in plays the administrator of a Redshift where users and the database are concerned.
    """
    name = re.findall(r"dbname=(\S+)", dsn)[0]
    user, manager = f"loader_{digest(name)}", f"{desk.redshift._postgres.manager_dsn} dbname={name}"
    script = documented_grants().replace(DOCUMENTED, f'"{user}"').replace("database dev", f'database "{name}"')
    create_user, grant_temp, *grants = script.strip().splitlines()
    with psycopg.connect(manager, autocommit=True) as session:
        session.execute(create_user.replace("password disable", f"password '{digest(user)}'").encode())
        session.execute(grant_temp.encode())
        session.execute(f'grant connect on database "{name}" to "{user}"'.encode())  # Redshift grants it to everyone
        _let_in(session, user)
    with Redshift(dsn) as session:
        migrate(session, ROOT / "sql", contracts)
        session.cursor().execute("\n".join(grants))
        session.commit()
    yield re.sub(r"user=\S+ password=\S+", f"user={user} password={digest(user)}", dsn)
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
