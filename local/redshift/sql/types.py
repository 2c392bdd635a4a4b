"""Column types: Redshift's type names in PostgreSQL's."""

from __future__ import annotations

from local.redshift.sql.errors import SqlRefusedError, not_emulated, not_redshift
from local.redshift.sql.refusals import refuse_type
from local.redshift.sql.tokens import Reader, spaced, word_set

_TEXT_DEFAULT = 256  # VARCHAR and TEXT without a length
_VARCHAR_MOST, _CHAR_MOST, _DECIMAL_MOST = 65535, 4096, 38
_VARCHARS = {"varchar", "nvarchar", "text"}
_CHARS = {"char", "nchar", "bpchar", "character"}
_BINARIES = {"varbyte", "varbinary"}
_SAME = word_set(
    "smallint int2 integer int int4 bigint int8 real float4 float float8 double boolean bool date "
    "timestamp timestamptz time timetz oid"
)


def column_type(reader: Reader) -> str:
    """Read a type, and return PostgreSQL's words for it."""
    name = reader.take().low
    if name in ("geometry", "geography", "hllsketch", "interval"):
        raise not_emulated(f"the type {name}")
    refuse_type(name)
    if name == "character" and reader.accept("varying"):
        name = "varchar"
    if name == "binary" and reader.accept("varying"):
        name = "varbyte"
    if name == "super":
        return "jsonb"
    if name in _BINARIES:
        reader.bracket()
        return "bytea"
    if name in ("decimal", "numeric"):
        return _decimal(reader)
    if name in _VARCHARS or name in _CHARS:
        return _text(name, reader)
    if name not in _SAME:
        raise SqlRefusedError(f'type "{name}" does not exist')
    return _plain(name, reader)


def _plain(name: str, reader: Reader) -> str:
    start = reader.at
    if name == "double":
        reader.accept("precision")
    size = reader.bracket()
    if size and name.startswith("time"):
        raise not_redshift(f"{name} with a precision")
    reader.accept_any("with time zone", "without time zone")
    return " ".join([name, spaced(reader.tokens[start : reader.at])]).strip()


def _decimal(reader: Reader) -> str:
    inside = spaced(reader.bracket()).replace(" ", "") or "18,0"
    if int(inside.split(",")[0]) > _DECIMAL_MOST:
        raise SqlRefusedError(f"DECIMAL precision {inside.split(',')[0]} must be between 1 and {_DECIMAL_MOST}")
    return f"numeric({inside})"


def _text(name: str, reader: Reader) -> str:
    varying = name in _VARCHARS
    most = _VARCHAR_MOST if varying else _CHAR_MOST
    given = spaced(reader.bracket())
    default = 1 if name in ("char", "nchar", "character") else _TEXT_DEFAULT
    size = default if name == "text" or not given else most if given == "max" else int(given)
    if not 1 <= size <= most:
        raise SqlRefusedError(f"length for type {name} cannot exceed {most}")
    return f"{'varchar' if varying else 'char'}({size})"
