"""A hash of what a contract means, which is recorded with each run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from chalicelib.domain.contract.contract import Contract, FileFormat, StageAs
from chalicelib.domain.contract_files.columns.column_notation import changed_settings


def fingerprint(contract: Contract) -> str:
    """Return a hash of what a contract means for a file that has arrived.

    Two contracts have the same hash if and only if they mean the same: layout, comments, description, `expected`,
    `load`, its row limit, `load_every`, `source`, `undelivered` and `export` do not count. The usual format and
    form are not in it, so that the contracts of older versions keep their hash.
    """
    meaning = asdict(replace(contract, description="", fingerprint=""))
    for name in ("expected", "load", "load_every", "source", "undelivered", "export"):
        del meaning[name]
    del meaning["limits"]["direct_rows"]
    if contract.format is FileFormat.CSV:
        del meaning["format"]
    if contract.stage_as is StageAs.CSV:
        del meaning["stage_as"]
    if contract.control_totals is None:
        del meaning["control_totals"]
    if contract.format is not FileFormat.FIXED_WIDTH:
        _without_positions(meaning)
    if contract.format is not FileFormat.XLSX:
        del meaning["sheet"]
    if contract.transform is None:
        del meaning["transform"]
    else:
        del meaning["transform"]["folder"]
    for column in (*meaning["columns"], *meaning.get("transform", {}).get("columns", ())):
        column.update(changed_settings(column.pop("notation")))
        if not column["path"]:
            del column["path"]
    canonical = json.dumps(meaning, sort_keys=True, default=lambda member: member.value)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _without_positions(meaning: dict[str, Any]) -> None:
    """Leave out what only lines of fixed width have."""
    dialect = meaning["dialect"]
    del dialect["unit"], dialect["record_length"]
    for announced in filter(None, (dialect["trailer"], meaning.get("control_totals"))):
        del announced["widths"]
    for column in (*meaning["columns"], *(meaning["transform"] or {}).get("columns", ())):
        del column["span"]
