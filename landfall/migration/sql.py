"""The statements of `landfall migrate` itself. Names are literals: drivers differ in how they write parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chalicelib.domain.contract.identifiers import quote_identifier

_PLAIN = re.compile(r"[A-Za-z0-9_./:@+=,-]*")
LOCK = "LOCK TABLE etl.schema_migrations"
"""First in a transaction, before anything is read: two migrators take turns, and the second sees the first's work."""


def columns_query(tables: Iterable[str]) -> str:
    """Return the query for the columns of tables (schema.table): table, name, type in parts, nullable."""
    listed = ", ".join(map(literal, tables))
    return (
        "SELECT CAST(table_schema AS varchar(128)) || '.' || CAST(table_name AS varchar(128)),"  # noqa: S608  # nosec B608
        " CAST(column_name AS varchar(128)), CAST(data_type AS varchar(128)),"
        " CAST(character_maximum_length AS integer),"
        " CAST(numeric_precision AS integer), CAST(numeric_scale AS integer), CAST(is_nullable AS varchar(3))"
        " FROM information_schema.columns"
        f" WHERE CAST(table_schema AS varchar(128)) || '.' || CAST(table_name AS varchar(128)) IN ({listed})"
        " ORDER BY table_schema, table_name, ordinal_position"
    )


def views_query(tables: Iterable[str]) -> str:
    """Return the query for those of these names (schema.table) that are not tables. Its rows have the name."""
    listed = ", ".join(map(literal, tables))
    name = "CAST(n.nspname AS varchar(128)) || '.' || CAST(c.relname AS varchar(128))"
    joined = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    return f"SELECT {name} FROM {joined} WHERE c.relkind <> 'r' AND {name} IN ({listed})"  # noqa: S608  # nosec B608


def recorded_query() -> str:
    """Return the query for what was applied: name, checksum."""
    return "SELECT name, checksum FROM etl.schema_migrations"


def isolation_query() -> str:
    """Return the query for the isolation level of this database."""
    return "SELECT isolation_level FROM stv_db_isolation_level WHERE db_name = current_database()"


def user_query(user: str) -> str:
    """Return the query that finds a user. Redshift may keep the name as it is written, or in lower case."""
    name = "CAST(usename AS varchar(128))"
    return f"SELECT {name} FROM pg_user WHERE lower({name}) = {literal(user.lower())}"  # noqa: S608  # nosec B608


def unless_recorded(name: str, checksum: str) -> str:
    """Return the statement that fails if this was applied in the meantime: it divides by zero."""
    where = f"name = {literal(name)} AND checksum = {literal(checksum)}"
    return f"SELECT 1 / (1 - count(*)) FROM etl.schema_migrations WHERE {where}"  # noqa: S608  # nosec B608


def unless_column(table: str, column: str) -> str:
    """Return the statement that fails if a table (schema.table) has this column by now: it divides by zero."""
    schema, _, name = table.partition(".")
    where = f"table_schema = {literal(schema)} AND table_name = {literal(name)} AND column_name = {literal(column)}"
    return f"SELECT 1 / (1 - count(*)) FROM information_schema.columns WHERE {where}"  # noqa: S608  # nosec B608


def record(name: str, checksum: str) -> list[str]:
    """Return the statements that record what was applied."""
    return [
        f"DELETE FROM etl.schema_migrations WHERE name = {literal(name)}",  # noqa: S608  # nosec B608
        f"INSERT INTO etl.schema_migrations VALUES ({literal(name)}, {literal(checksum)}, getdate())",  # noqa: S608  # nosec B608
    ]


def create_user(user: str) -> str:
    """Return the statement that makes a user whom IAM alone lets in."""
    return f"CREATE USER {quoted(user)} PASSWORD DISABLE"


def quoted(name: str) -> str:
    """Return a name of a user or a database, in double quotes. Raises ValueError."""
    literal(name)
    return f'"{name}"'


def schema_list(schemas: Iterable[str]) -> str:
    """Return names of schemas, quoted, with commas."""
    return ", ".join(map(quote_identifier, schemas))


def literal(text: str) -> str:
    """Return a text that needs no escaping, as a literal. Raises ValueError."""
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text!r}: use letters, digits and . _ / : @ + = , - only")
    return f"'{text}'"
