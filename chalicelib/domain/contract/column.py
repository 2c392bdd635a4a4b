"""A column of a contract: its Redshift type, and the conditions on its values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from chalicelib.domain.contract.notation import Notation, Span


class TypeName(Enum):
    """The names of the Redshift types that a column may have."""

    SMALLINT = "smallint"
    INTEGER = "integer"
    BIGINT = "bigint"
    DECIMAL = "decimal"
    REAL = "real"
    DOUBLE = "double precision"
    BOOLEAN = "boolean"
    CHAR = "char"
    VARCHAR = "varchar"
    DATE = "date"
    TIME = "time"
    TIMETZ = "timetz"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    SUPER = "super"
    VARBYTE = "varbyte"


WHOLE = (TypeName.SMALLINT, TypeName.INTEGER, TypeName.BIGINT)
"""From the narrowest to the widest."""
EXACT = (*WHOLE, TypeName.DECIMAL)
FLOATS = (TypeName.REAL, TypeName.DOUBLE)
NUMBERS = (*EXACT, *FLOATS)


@dataclass(frozen=True, kw_only=True)
class ColumnType:
    """A Redshift type, such as `decimal(18,2)` or `varchar(64)`."""

    kind: TypeName
    length: int = 0
    """char and varchar: the most bytes of UTF-8. varbyte: the most bytes, of two hexadecimal digits each."""
    precision: int = 0
    """decimal: digits in all, 1 to 38."""
    scale: int = 0
    """decimal: digits after the point."""

    @property
    def sql(self) -> str:
        """The type as DDL writes it."""
        if self.kind in (TypeName.CHAR, TypeName.VARCHAR, TypeName.VARBYTE):
            return f"{self.kind.value}({self.length})"
        if self.kind is TypeName.DECIMAL:
            return f"decimal({self.precision},{self.scale})"
        return str(self.kind.value)

    @property
    def is_text(self) -> bool:
        return self.kind in (TypeName.CHAR, TypeName.VARCHAR)

    @property
    def needs_null_word(self) -> bool:
        """Whether NULL is a word where empty fields count: an empty one is the empty text, or no value of the type."""
        return self.is_text or self.kind in (TypeName.SUPER, TypeName.VARBYTE)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the target, and the conditions on its values."""

    name: str
    type: ColumnType
    required: bool = False
    """An empty field rejects its row; a header without the column rejects the file."""
    aliases: tuple[str, ...] = ()
    """Other header names that mean this column (case, space and underscore do not count)."""
    path: str = ""
    """JSON: the names of the objects around the field and its own, with dots between; empty is the column's name."""
    span: Span | None = None
    """Fixed width: the positions of the column."""
    default: str | None = None
    """Replaces an empty field or an absent column, in the warehouse."""
    values: tuple[str, ...] = ()
    """If given, the only values allowed, byte for byte."""
    pattern: str | None = None
    """If given, a regular expression that the whole value must match."""
    min: str | None = None
    max: str | None = None
    """Inclusive bounds, written as the column's type is written."""
    format: str = ""
    """Dates and times: how files write them (`time_format.py`); empty is ISO 8601, as contracts write them."""
    pii: bool = False
    """Whether the value is masked outside the warehouse (rejects, API)."""
    notation: Notation = field(default_factory=Notation)
    """How files write the values."""
