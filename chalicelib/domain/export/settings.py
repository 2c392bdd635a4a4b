"""The settings of an export, as values. `contract_files/export.py` reads them from a contract and checks them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FOLDER = "dashboard_data/"
"""Where every export is."""


class Compression(Enum):
    """The compression of an export; its value is the end of the file's name."""

    NONE = ".csv"
    GZIP = ".csv.gz"
    ZSTD = ".csv.zst"


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """The file in S3 that is as new as the last load of an object."""

    key: str
    """Where the file is, below FOLDER; its end gives the compression."""
    view: str = ""
    """A view in the target's schema; empty for the target itself."""
    columns: tuple[str, ...] = ()
    """The columns of the file; empty for all columns of the contract."""

    @property
    def compression(self) -> Compression:
        return next(one for one in Compression if self.key.endswith(one.value))
