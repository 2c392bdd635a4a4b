"""The user that loads run as, with the very grants of docs/deploy.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from chalicelib.domain.contract import Contract
from chalicelib.domain.model import digest
from cli.migrate import migrate
from tests.sql.house import ROOT, Redshift

DOCUMENTED = '"IAMR:landfall-dev-advance_run"'


def documented_grants() -> str:
    (block,) = re.findall(r"```sql\n(  create user .*?)```", (ROOT / "docs/deploy.md").read_text("utf-8"), re.DOTALL)
    return str(block)


@contextmanager
def loader_of(dsn: str, contracts: dict[str, Contract]) -> Iterator[str]:
    """A warehouse that is migrated and its load's user; the user's DSN."""
    name = re.findall(r"dbname=(\S+)", dsn)[0]
    user = f"loader_of_{name}"
    with Redshift(dsn) as session:
        migrate(session, ROOT / "sql", contracts)
        script = documented_grants().replace(DOCUMENTED, f'"{user}"').replace("database dev", f'database "{name}"')
        session.cursor().execute(script)
        session.commit()
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(f"alter user \"{user}\" password '{digest(user)}'".encode())
    yield re.sub(r"user=\S+ password=\S+", f"user={user} password={digest(user)}", dsn)
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(f'drop owned by "{user}"'.encode())
        session.execute(f'drop user "{user}"'.encode())
