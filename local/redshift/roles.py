"""Logins of PostgreSQL, and the rights of the role that runs all clients' SQL.

Guarantees that the superuser has no password and cannot log in through a port. It logs in over a socket in a closed
folder, and only as the system's user that runs this process. The role for SQL cannot read or write files, run programs,
make roles that can log in, or install anything. A second role has the rights that it is granted, and no others; it may
change its own password. The passwords are new with each start.
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
LOADER = "loader"
"""The role for direct loads."""
DATABASE = "dev"
MANAGER_OPTIONS = "-c search_path=pg_catalog"
"""Options of the superuser's sessions. The role for SQL may put functions into the schema public, which is on the usual
search path. A function that fits a call more closely than PostgreSQL's own would run with the superuser's rights.
"""
_PLAIN = "nosuperuser nocreaterole nocreatedb noreplication nobypassrls"
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
"""Settings that keep statements and values out of the log."""


def login_rules() -> dict[str, str]:
    """Return PostgreSQL's files with the rules of logins, by name. A user without a rule is refused."""
    user = pwd.getpwuid(os.geteuid()).pw_name
    lines = (
        f"local all {MANAGER} peer map=manager",
        f"host all {MANAGER} all reject",
        *(f"host all {role} 127.0.0.1/32 password" for role in (USER, LOADER)),
    )
    return {"pg_hba.conf": "\n".join(lines) + "\n", "pg_ident.conf": f'manager "{user}" {MANAGER}\n'}


def make_roles(session: psycopg.Connection[tuple[object, ...]], passwords: Mapping[str, str]) -> None:
    """Make the roles with these passwords, and the database, if they are missing. For the manager."""
    for role, password in passwords.items():
        if not session.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
            session.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
        session.execute(
            sql.SQL("alter role {} login {} password {}").format(
                sql.Identifier(role), sql.SQL(_PLAIN), sql.Literal(password)
            )
        )
    session.execute("revoke connect on database postgres, template1 from public")
    if not session.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
        session.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def limit_role(session: psycopg.Connection[tuple[object, ...]]) -> None:
    """Set the roles' rights in the database where PostgreSQL's defaults are not enough. For the manager."""
    session.execute(_RIGHTS.read_bytes())
