"""Who may log in to PostgreSQL, and what the role may do that runs everyone's SQL.

Guarantees that the superuser has no password and that no port lets it in: it logs in over a socket in a closed folder,
and only as the system's user who runs this process. The role for SQL reads and writes no file, runs no program, makes
no role and installs nothing. Its password is new with each start.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

MANAGER = "landfall_manager"
USER = "awsuser"
DATABASE = "dev"
MANAGER_OPTIONS = "-c search_path=pg_catalog"
"""Of the superuser's sessions. The role for SQL may put functions into the schema public, where sessions look as well.
One that fits a call more closely than PostgreSQL's own would run with the superuser's rights.
"""
_RIGHTS = Path(__file__).with_name("rights.sql")

QUIET_LOG: Mapping[str, str] = {
    "log_min_messages": "log",  # without ERROR: its texts quote values
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""Settings with which no statement and no value gets into the log."""


def login_rules() -> dict[str, str]:
    """PostgreSQL's files that say who may log in, by name. Whoever is named in no line is refused."""
    user = pwd.getpwuid(os.geteuid()).pw_name
    lines = (
        f"local all {MANAGER} peer map=manager",
        f"host all {MANAGER} all reject",
        f"host all {USER} 127.0.0.1/32 password",
    )
    return {"pg_hba.conf": "\n".join(lines) + "\n", "pg_ident.conf": f'manager "{user}" {MANAGER}\n'}


def make_role(session: psycopg.Connection[tuple[object, ...]], password: str) -> None:
    """The role for SQL with this password, and the database, made where they are missing. For the manager."""
    if not session.execute("select 1 from pg_roles where rolname = %s", (USER,)).fetchone():
        session.execute(sql.SQL("create role {}").format(sql.Identifier(USER)))
    session.execute(
        sql.SQL("alter role {} login nosuperuser nocreaterole nocreatedb noreplication nobypassrls password {}").format(
            sql.Identifier(USER), sql.Literal(password)
        )
    )
    session.execute("revoke connect on database postgres, template1 from public")
    if not session.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
        session.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def limit_role(session: psycopg.Connection[tuple[object, ...]]) -> None:
    """What the role may do in the database, as far as PostgreSQL's defaults are not enough. For the manager."""
    session.execute(_RIGHTS.read_bytes())
