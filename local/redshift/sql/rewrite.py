"""The entry point: turns one Redshift statement, or a script, into SQL that PostgreSQL runs the same way.

Guarantees that SQL which Redshift refuses and PostgreSQL would run is refused, if the text shows it. It does not detect
SQL that a procedure builds from parts at run time.
"""

from __future__ import annotations

from collections.abc import Callable

from local.redshift.sql import ddl
from local.redshift.sql.calls import fold_names, rewrite_calls
from local.redshift.sql.errors import SqlRefusedError, not_emulated, not_redshift
from local.redshift.sql.procedures import create_procedure
from local.redshift.sql.refusals import refuse_merge, refuse_unsupported, refuse_write_after_with
from local.redshift.sql.tokens import (
    Reader,
    Token,
    TokenKind,
    cut,
    loud,
    spaced,
    statements,
    text_of,
    tokenize,
    word_set,
)

_PASSED = word_set("select insert update delete call explain show comment drop revoke reset fetch close declare")
_MODIFIERS = word_set("create or replace local temp temporary unlogged")
_TRANSACTION = word_set("begin start commit end rollback abort")
_REDSHIFT_SETTINGS = word_set(
    "query_group wlm_query_slot_count enable_result_cache_for_session json_serialization_enable "
    "analyze_threshold_percent describe_field_name_in_uppercase error_on_nondeterministic_update use_fips_ssl "
    "json_serialization_parse_nested_strings cast_super_null_on_error max_cursor_result_set_size"
)
_CREATES_REFUSED = {
    "index": not_redshift("CREATE INDEX"),
    "unique": not_redshift("CREATE UNIQUE INDEX"),
    "sequence": not_redshift("CREATE SEQUENCE"),
    "trigger": not_redshift("CREATE TRIGGER"),
    "type": not_redshift("CREATE TYPE"),
    "domain": not_redshift("CREATE DOMAIN"),
    "extension": not_redshift("CREATE EXTENSION"),
    "rule": not_redshift("CREATE RULE"),
    "language": not_redshift("CREATE LANGUAGE"),
    "role": not_emulated("CREATE ROLE"),
    "group": not_emulated("CREATE GROUP"),
    "external": not_emulated("CREATE EXTERNAL"),
    "materialized": not_emulated("CREATE MATERIALIZED VIEW"),
    "database": not_emulated("CREATE DATABASE"),
    "library": not_emulated("CREATE LIBRARY"),
    "model": not_emulated("CREATE MODEL"),
    "datashare": not_emulated("CREATE DATASHARE"),
}


def rewrite(sql: str, *, batch: bool = False, own_transaction: bool = False) -> str:
    """Rewrite one statement. `batch`: others share its transaction. `own_transaction`: the client may send BEGIN."""
    parts = statements(tokenize(sql))
    if len(parts) != 1:
        raise SqlRefusedError("one statement at a time" if parts else "the statement is empty")
    return _rewrite_one(fold_names(parts[0]), batch=batch, own_transaction=own_transaction)


def rewrite_script(sql: str) -> str:
    """Rewrite many statements, as a client with its own connection may send them."""
    parts = statements(tokenize(sql))
    batch = len(parts) > 1
    return ";".join(_rewrite_one(fold_names(part), batch=batch, own_transaction=True) for part in parts)


def first_word(sql: str) -> str:
    seen = loud(tokenize(sql))
    return seen[0].low if seen else ""


def _rewrite_one(tokens: list[Token], *, batch: bool, own_transaction: bool) -> str:
    broken = next((token for token in tokens if token.kind is TokenKind.OPEN), None)
    if broken is not None:
        raise SqlRefusedError(f"unterminated quoted string at or near {broken.text}")
    verb = loud(tokens)[0].low
    if verb in _TRANSACTION:
        return _transaction(tokens, allowed=own_transaction)
    if verb == "truncate":
        return _truncate(tokens, batch=batch)
    if verb == "create":
        return _create(tokens, batch=batch)
    if verb not in ("grant", "set"):
        refuse_unsupported(tokens)
    tokens = rewrite_calls(tokens)
    if verb in _PASSED:
        return text_of(tokens)
    return _other(verb, tokens, batch=batch)


def _other(verb: str, tokens: list[Token], *, batch: bool) -> str:
    handlers: dict[str, Callable[[], str]] = {
        "with": lambda: _with(tokens),
        "(": lambda: text_of(tokens),
        "merge": lambda: _merge(tokens),
        "lock": lambda: _lock(tokens),
        "set": lambda: _set(tokens),
        "grant": lambda: _grant(tokens),
        "alter": lambda: _alter(tokens, batch=batch),
        "analyze": lambda: _analyze(tokens),
        "vacuum": lambda: _vacuum(batch=batch),
    }
    if verb in ("copy", "unload"):
        raise not_emulated(f"{verb.upper()} here (it is emulated in the Data API)")
    if verb not in handlers:
        raise not_emulated(verb.upper())
    return handlers[verb]()


def _transaction(tokens: list[Token], *, allowed: bool) -> str:
    if not allowed:
        raise SqlRefusedError(
            f"{spaced(loud(tokens)[:1]).upper()} cannot be run here: the Data API keeps the transaction"
        )
    if "to" in [token.low for token in loud(tokens)]:
        raise not_redshift("SAVEPOINT")
    return text_of(tokens)


def _truncate(tokens: list[Token], *, batch: bool) -> str:
    """Rewrite TRUNCATE, but not in a batch: Redshift commits at it, so the batch could not be undone as a whole."""
    if batch:
        raise SqlRefusedError("TRUNCATE commits the transaction it runs in; use DELETE in a batch")
    reader = Reader(tokens)
    reader.accept("truncate")
    reader.accept("table")
    name = reader.name()
    if not reader.done:
        raise reader.fail()
    return f"truncate table {spaced(name)}"


def _create(tokens: list[Token], *, batch: bool) -> str:
    seen = [token.low for token in loud(tokens)]
    kind = next((word for word in seen if word not in _MODIFIERS), "")
    if kind == "user":
        return ddl.create_user(tokens)
    if kind in _CREATES_REFUSED:
        raise _CREATES_REFUSED[kind]
    if kind == "procedure":
        return create_procedure(tokens, lambda inner: _rewrite_one(inner, batch=batch, own_transaction=False))
    refuse_unsupported(tokens)
    tokens = rewrite_calls(tokens)
    if kind == "table":
        return ddl.create_table(tokens)
    if kind == "view":
        return text_of(tokens[: _view_end(tokens)])
    if kind in ("schema", "function"):
        return text_of(tokens)
    raise not_emulated(f"CREATE {kind.upper()}")


def _view_end(tokens: list[Token]) -> int:
    """Return the end of a view without WITH NO SCHEMA BINDING. A bound view shows the same rows."""
    places = [index for index, token in enumerate(tokens) if not token.silent]
    if [tokens[index].low for index in places[-4:]] == ["with", "no", "schema", "binding"]:
        return places[-4]
    return len(tokens)


def _with(tokens: list[Token]) -> str:
    refuse_write_after_with(tokens)
    return text_of(tokens)


def _merge(tokens: list[Token]) -> str:
    refuse_merge(tokens)
    return text_of(tokens)


def _lock(tokens: list[Token]) -> str:
    """Rewrite LOCK [TABLE] name, ...: Redshift has only the exclusive mode, and always waits."""
    reader = Reader(tokens)
    reader.accept("lock")
    reader.accept("table")
    for part in cut(reader.rest, ","):
        name = Reader(part)
        name.name()
        if not name.done:
            raise not_redshift("LOCK with a mode or NOWAIT")
    return text_of(tokens)


def _set(tokens: list[Token]) -> str:
    seen = [token.low for token in loud(tokens)]
    names = {word for word in seen[1:3] if word not in ("session", "local", "to", "=")}
    if names & _REDSHIFT_SETTINGS:
        return ddl.NOTHING
    if "enable_case_sensitive_identifier" in names:
        if seen[-1] in ("on", "true", "'on'", "'true'"):
            raise not_emulated("enable_case_sensitive_identifier")
        return ddl.NOTHING
    if "role" in (seen[1:2], seen[2:3])[seen[1] in ("session", "local")]:
        raise not_redshift("SET ROLE")
    if "authorization" in seen[1:4]:
        raise not_emulated("SET SESSION AUTHORIZATION")
    if "transaction" in seen or "characteristics" in seen:
        raise not_emulated("SET TRANSACTION")
    return text_of(tokens)


def _grant(tokens: list[Token]) -> str:
    """Rewrite GRANT ... TO ROLE name: PostgreSQL has TO name."""
    made: list[Token] = []
    before = ""
    for token in tokens:
        if not (token.low == "role" and before in ("to", ",")):
            made.append(token)
        before = before if token.silent else token.low
    return text_of(made)


def _alter(tokens: list[Token], *, batch: bool) -> str:
    kind = loud(tokens)[1].low if len(loud(tokens)) > 1 else ""
    if kind == "table":
        return ddl.alter_table(tokens, in_transaction=batch)
    if kind == "default":
        return _default_privileges(tokens)
    if kind in ("schema", "procedure", "view"):
        return text_of(tokens)
    raise not_emulated(f"ALTER {kind.upper()}")


def _default_privileges(tokens: list[Token]) -> str:
    """ALTER DEFAULT PRIVILEGES ... ON PROCEDURES: PostgreSQL says ON ROUTINES."""
    made, before = "", ""
    for token in tokens:
        made += "routines" if (before, token.low) == ("on", "procedures") else token.text
        before = before if token.silent else token.low
    return made


def _analyze(tokens: list[Token]) -> str:
    reader = Reader(tokens)
    reader.accept("analyze")
    if reader.accept("compression"):
        raise not_emulated("ANALYZE COMPRESSION")
    reader.accept("verbose")
    return "analyze" if reader.done else f"analyze {spaced(reader.name())}"


def _vacuum(*, batch: bool) -> str:
    if batch:
        raise SqlRefusedError("VACUUM cannot run inside a transaction block")
    return ddl.NOTHING
