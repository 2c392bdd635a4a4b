"""The target table of a COPY: its columns in the order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from local.redshift.copy.statement import Copy
from local.redshift.sql.errors import SqlRefusedError
from local.redshift.statements import Session

_TEXTS = {"varchar", "bpchar", "text"}
_COLUMNS = """
    select a.attrelid::int, a.attname::text, t.typname::text, a.atttypmod, a.attnotnull, a.attidentity::text
      from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
     order by a.attnum"""


@dataclass(frozen=True, kw_only=True)
class TargetColumn:
    """One column. `size` has the type's parameters: bytes, or precision and scale."""

    name: str
    kind: str  # PostgreSQL's name of the type
    size: tuple[int, ...]
    required: bool
    identity: str  # "", "a" (always) or "d" (by default)

    @property
    def text(self) -> bool:
        return self.kind in _TEXTS


@dataclass(frozen=True, kw_only=True)
class Target:
    """The table and the columns that the file fills."""

    name: str  # without its schema, as Redshift's messages have it
    quoted: str
    oid: int
    columns: Sequence[TargetColumn]

    @property
    def column_list(self) -> str:
        return ", ".join(quote(column.name) for column in self.columns)


def quote(name: str) -> str:
    """Return a name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def target_of(session: Session, copy: Copy) -> Target:
    """Find the table of a COPY, and the columns that its files fill. Raises SqlRefusedError if one is not there."""
    quoted = ".".join(quote(part) for part in copy.table)
    found = session.execute(_COLUMNS, (quoted,)).fetchall()
    if not found:
        raise SqlRefusedError(f"Cannot COPY into nonexistent table {copy.table[-1]}")
    columns = {
        name: _column(name, kind, modifier, required, identity) for _, name, kind, modifier, required, identity in found
    }
    chosen = copy.columns or [
        column.name for column in columns.values() if copy.options.explicit_ids or not column.identity
    ]
    for name in chosen:
        if name not in columns:
            raise SqlRefusedError(f'column "{name}" of relation "{copy.table[-1]}" does not exist')
        if columns[name].identity == "a" and not copy.options.explicit_ids:
            raise SqlRefusedError(f'cannot set an identity column "{name}" to a value')
    return Target(name=copy.table[-1], quoted=quoted, oid=found[0][0], columns=[columns[name] for name in chosen])


def _column(name: str, kind: str, modifier: int, required: bool, identity: str) -> TargetColumn:
    size: tuple[int, ...] = ()
    if modifier >= 4 and kind in _TEXTS:
        size = (modifier - 4,)
    elif modifier >= 4 and kind == "numeric":
        size = ((modifier - 4) >> 16, (modifier - 4) & 0x7FF)
    return TargetColumn(name=name, kind=kind, size=size, required=required, identity=identity)
