"""The contract of one business object, as values: its keys in S3, its columns in Redshift's types, the key and order of
its rows, and the limits of its files. `contract_file.py` reads one from TOML and checks it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.dialect import ControlTotals, Dialect
from chalicelib.domain.contract.expected import Expected
from chalicelib.domain.contract.sheet import Sheet
from chalicelib.domain.contract.transform import Transform
from chalicelib.domain.export.settings import ExportSettings
from chalicelib.domain.source.settings import SourceSettings

RESCUED = "_rescued"
"""The target's column for the values of columns that are not in the contract."""
IGNORED = "_ignored_"
"""The prefix of staging columns that are not merged."""


class Mode(Enum):
    """The way in which good rows are merged into the target."""

    SCD1 = "scd1"  # one row per key, the newest values win


class StageAs(Enum):
    """The form of staged rows."""

    CSV = "csv"
    JSON = "json"


class Load(Enum):
    """The way in which good rows reach staging. A load's result does not depend on it."""

    COPY = "copy"  # the warehouse reads the staged parts from S3
    DIRECT = "direct"  # few rows are sent as INSERTs over a connection; more go by COPY


class FileFormat(Enum):
    """The format of an object's files."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    PARQUET = "parquet"
    FIXED_WIDTH = "fixed_width"


class Delivery(Enum):
    """The content of one file of the object."""

    DELTA = "delta"  # some rows: a late file still counts, row by row
    SNAPSHOT = "snapshot"  # all rows: a file older than one already loaded is superseded as a whole


class DuplicateKeys(Enum):
    """The treatment of rows of one file that have the same key."""

    COLLAPSE = "collapse"  # the newest of them counts, the others are duplicates
    FAIL = "fail"  # the file is REJECTED: which of them is wrong is unknown


class ExtraColumns(Enum):
    """The treatment of columns in the header that are not in the contract."""

    FAIL = "fail"  # the file is REJECTED
    IGNORE = "ignore"  # they are staged, and not merged
    RESCUE = "rescue"  # each row's values become a JSON object by header name, in the super column RESCUED


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds beyond which a file is refused. Every one is documented in docs/reference/contracts.md."""

    min_rows: int = 1
    """The fewest rows, good or bad; a file with fewer is REJECTED. 0 allows a file without rows."""
    max_reject_ratio: float = 0.05
    """Rejected rows / rows read, above which nothing is merged and the run is REJECTED."""
    max_rejects: int = 100_000
    """Rejected rows in all, above which nothing is merged."""
    max_record_bytes: int = 1 << 20
    """The longest record, in bytes; a longer one is rejected, and reading continues at the next line."""
    max_super_string: int = 65_535
    """The longest text inside a super, in bytes: Redshift's limit, unless the warehouse has large strings enabled."""
    max_columns: int = 1_600
    """The most fields a header may have (Redshift's own limit for a table)."""
    max_bytes: int = 1 << 40
    """The largest file."""
    max_ratio: int = 200
    """Unpacked / packed bytes of a compressed file; files of less than 1 MB unpacked are not measured."""
    max_unpacked_bytes: int = 100_000_000_000
    """The most bytes a compressed file may unpack to."""
    direct_rows: int = 1_000
    """The most good rows that one direct load sends as INSERTs; a load with more goes by COPY."""
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
    format: FileFormat = FileFormat.CSV
    mode: Mode = Mode.SCD1
    load: Load = Load.COPY
    stage_as: StageAs = StageAs.CSV
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
    control_totals: ControlTotals | None = None
    """Set if a side file announces the rows of each file."""
    sheet: Sheet = field(default_factory=Sheet)
    transform: Transform | None = None
    """Set if a function changes the rows of files before they are staged."""
    limits: Limits = field(default_factory=Limits)
    checks: tuple[DataCheck, ...] = ()
    dist_key: str | None = None
    sort_key: tuple[str, ...] = ()
    extra_columns: ExtraColumns = ExtraColumns.FAIL
    lineage: bool = True
    """Stage the byte offset of each record with it: needed to order rows within a file, and to load files together."""
    source: SourceSettings | None = None
    """Where the files come from, if Landfall itself fetches them."""
    undelivered: bool = False
    """The files hold records that Firehose could not deliver."""
    export: ExportSettings | None = None
    """The file that is written from the target after a load."""
    fingerprint: str = ""
    """Hash of the contract's meaning; recorded with each run."""

    @property
    def target(self) -> str:
        """schema.table, unquoted."""
        return f"{self.schema}.{self.table}"

    @property
    def sum_fields(self) -> tuple[tuple[str, int], ...]:
        """Columns whose sum is announced, by the side file or the trailer, and the field that has it."""
        announced = self.control_totals or self.dialect.trailer
        return announced.sum_fields if announced else ()

    @property
    def of_sheet(self) -> bool:
        """Whether the files are the rows of a sheet, with the names of their cells."""
        return self.source is not None and self.source.sheets is not None

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError if there is none."""
        return next(c for c in self.columns if c.name == name)

    @property
    def as_read(self) -> Contract:
        """The contract for reading files: with a transform, their columns may differ from the target's."""
        if self.transform is None:
            return self
        own = {column.name: column for column in self.transform.columns}
        columns = [own.pop(column.name, column) for column in self.columns if column.name != RESCUED]
        rescued = [column for column in self.columns if column.name == RESCUED]
        return replace(self, columns=(*columns, *own.values(), *rescued), key=(), order_by=None, transform=None)
