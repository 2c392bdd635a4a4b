"""Files of records that Firehose could not deliver. It writes them below folders of their own, as error objects.

Guarantees that none of their records is loaded, and that each is a reject. The operator may correct and resubmit it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from chalicelib.domain.contract.contract import Contract, Delivery, FileFormat
from chalicelib.domain.contract.dialect import JSON_DIALECT
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.formats.json.undelivered import RAW_DATA

FOLDER = re.compile(r"(?:processing|format-conversion)-failed/")
"""The ends of Firehose's folders: of a transformation or a partition key, and of the conversion to Parquet or ORC."""
MOST_RECORD_BYTES = 16 << 20
"""Firehose takes records of some MB, and base64 adds a third."""


def is_undelivered(contract: Contract, key: str) -> bool:
    """Return whether a file holds error objects that are no rows: a contract with a column for rawData has them so."""
    named = (name for column in contract.columns for name in (column.path or column.name, *column.aliases))
    return FOLDER.search(key) is not None and fold(RAW_DATA) not in map(fold, named)


def as_undelivered(contract: Contract) -> Contract:
    """Return the contract for a file of error objects: JSON whatever the object's format is, and all rows are bad."""
    limits = replace(contract.limits, min_rows=0, max_reject_ratio=1.0, max_record_bytes=MOST_RECORD_BYTES)
    return replace(
        contract,
        format=FileFormat.JSON,
        dialect=JSON_DIALECT,
        delivery=Delivery.DELTA,
        control_totals=None,
        limits=limits,
        undelivered=True,
    )
