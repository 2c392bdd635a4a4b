"""The contract of one business object, as values: its keys in S3, its columns in Redshift's types, the key and order of
its rows, and the limits of its files. `contract_file.py` reads one from TOML and checks it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from chalicelib.domain.contract.expected import Expected

NULL_WORD = "_landfall_null_"
"""NULL in staged text columns, if an empty field is the empty text."""
RESCUED = "_rescued"
"""The target's column for the values of columns that are not in the contract."""
IGNORED = "_ignored_"
"""The prefix of staging columns that are not merged."""


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


class Mode(Enum):
    """The way in which good rows are merged into the target."""

    SCD1 = "scd1"  # one row per key, the newest values win


class Delivery(Enum):
    """The content of one file of the object."""

    DELTA = "delta"  # some rows: a late file still counts, row by row
    SNAPSHOT = "snapshot"  # all rows: a file older than one already loaded is superseded as a whole


class DuplicateKeys(Enum):
    """The treatment of rows of one file that have the same key."""

    COLLAPSE = "collapse"  # the newest of them counts, the others are duplicates
    FAIL = "fail"  # the file is REJECTED: which of them is wrong is unknown


class Escape(Enum):
    """The notation of a quote or a delimiter inside a value."""

    DOUBLED = "doubled"  # within quotes a quote is written twice
    BACKSLASH = "backslash"  # also: a backslash makes the byte after it text, within quotes and without


class Quotes(Enum):
    """The treatment of a quote inside a field that does not start with one."""

    STRICT = "strict"  # its line is rejected, with code 1216
    LENIENT = "lenient"  # it is text, and the record is staged as RFC 4180 has it


class Empty(Enum):
    """The meaning of an empty field of a text column."""

    NULL = "null"
    TEXT = "text"  # the empty text; an empty field without quotes is NULL all the same if `null` lists ""


class Newline(Enum):
    """The end of a line."""

    LF = "lf"  # a line feed, or a carriage return and a line feed
    CR = "cr"  # a carriage return alone


class ExtraColumns(Enum):
    """The treatment of columns in the header that are not in the contract."""

    FAIL = "fail"  # the file is REJECTED
    IGNORE = "ignore"  # they are staged, and not merged
    RESCUE = "rescue"  # each row's values become a JSON object by header name, in the super column RESCUED


class Encoding(Enum):
    """The encoding of a file's text. A byte order mark in the file takes precedence."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"  # of either byte order: by its mark, else by the position of its zero bytes
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    LATIN_1 = "latin-1"
    CP1252 = "cp1252"


class Invalid(Enum):
    """The treatment of bytes that are not text in the file's encoding."""

    REJECT = "reject"  # their rows are rejected, with code 1220
    REPLACE = "replace"  # each becomes U+FFFD
    STRIP = "strip"  # they are left out


class Nul(Enum):
    """The treatment of NUL characters."""

    REJECT = "reject"  # their rows are rejected, with code 1218
    STRIP = "strip"  # they are left out


class Compression(Enum):
    """The compression of a file."""

    AUTO = "auto"  # by its first bytes, not by its name
    NONE = "none"
    GZIP = "gzip"
    BZ2 = "bz2"
    ZSTD = "zstd"
    ZIP = "zip"


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


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the target, and the conditions on its values."""

    name: str
    type: ColumnType
    required: bool = False
    """An empty field rejects its row; a header without the column rejects the file."""
    aliases: tuple[str, ...] = ()
    """Other header names that mean this column (case, space and underscore do not count)."""
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
    """date and timestamp: how files write them (`time_format.py`); empty is ISO 8601, as contracts write them."""
    pii: bool = False
    """Whether the value is masked outside the warehouse (rejects, API)."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The notation of the object's files."""

    delimiter: str = ","
    """One ASCII character or several characters."""
    quote: str = '"'
    """One ASCII character, or none."""
    escape: Escape = Escape.DOUBLED
    quotes: Quotes = Quotes.STRICT
    null: tuple[str, ...] = ("",)
    """Fields without quotes that mean NULL."""
    empty: Empty = Empty.NULL
    comment: str = ""
    """Lines that begin with it, where a record may begin, are left out."""
    preamble_lines: int = 0
    """Physical lines before the header."""
    footer_lines: int = 0
    """Physical lines after the last record."""
    header: bool = True
    """The first record names the columns."""
    columns: tuple[str, ...] = ()
    """Without a header: the names of the file's columns, in order."""
    newline: Newline = Newline.LF
    encoding: Encoding = Encoding.UTF_8
    invalid: Invalid = Invalid.REJECT
    nul: Nul = Nul.REJECT
    compression: Compression = Compression.AUTO

    @property
    def staged_quote(self) -> str:
        """The quote in what COPY reads."""
        return self.quote or '"'

    @property
    def staged_delimiter(self) -> str:
        """The delimiter in what COPY reads: the file's own, if it can follow a number and COPY supports it."""
        own = self.delimiter
        if len(own) == 1 and own.isascii() and not own.isalnum() and own not in ("\\", self.staged_quote):
            return own
        return "," if self.staged_quote != "," else ";"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds beyond which a file is refused. Every one is documented in docs/reference/contracts.md."""

    max_reject_ratio: float = 0.05
    """Rejected rows / rows read, above which nothing is merged and the run is REJECTED."""
    max_rejects: int = 100_000
    """Rejected rows in all, above which nothing is merged."""
    max_record_bytes: int = 1 << 20
    """The longest record, in bytes; a longer one is rejected, and reading continues at the next line."""
    max_columns: int = 1_600
    """The most fields a header may have (Redshift's own limit for a table)."""
    max_bytes: int = 1 << 40
    """The largest file."""
    max_ratio: int = 200
    """Unpacked / packed bytes of a compressed file; files of less than 1 MB unpacked are not measured."""
    max_unpacked_bytes: int = 100_000_000_000
    """The most bytes a compressed file may unpack to."""
    chunk_mb: float | None = None
    """MB (10^6 bytes) of source per chunk; None takes the setting CHUNK_MB."""


@dataclass(frozen=True, kw_only=True)
class DataCheck:
    """A condition tested on staging inside the load's transaction: one row that meets it fails the load."""

    name: str
    bad_rows: str
    """A SQL condition over the contract's columns that is true for bad rows."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The agreement about one business object."""

    name: str
    schema: str
    table: str
    lands_at: tuple[str, ...]
    """Key patterns: `*`, `**` and `{name}` match text, by the rules in key_pattern.py."""
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns that identify a row."""
    description: str = ""
    mode: Mode = Mode.SCD1
    delivery: Delivery = Delivery.DELTA
    """`kind` in the file: the content of one file."""
    duplicate_keys: DuplicateKeys = DuplicateKeys.COLLAPSE
    expected: Expected | None = None
    """The deadline of a file."""
    load_every: float | None = None
    """Seconds of a load window, at whose end its files are loaded; None takes the setting LOAD_EVERY_SECONDS."""
    order_by: str | None = None
    """The column whose greater value is the newer row; without it the newer file wins, then the later line."""
    dialect: Dialect = field(default_factory=Dialect)
    limits: Limits = field(default_factory=Limits)
    checks: tuple[DataCheck, ...] = ()
    dist_key: str | None = None
    sort_key: tuple[str, ...] = ()
    extra_columns: ExtraColumns = ExtraColumns.FAIL
    lineage: bool = True
    """Stage the byte offset of each record with it: needed to order rows within a file, and to load files together."""
    fingerprint: str = ""
    """Hash of the contract's meaning; recorded with each run."""

    @property
    def target(self) -> str:
        """schema.table, unquoted."""
        return f"{self.schema}.{self.table}"

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError if there is none."""
        return next(c for c in self.columns if c.name == name)
