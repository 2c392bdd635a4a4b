"""A and C: each contender checks a contract in the cheapest way that we found to be exact on the file.

Exact means that it reports the same lines and columns as the generator planted. A peer reports no more than that, while
Landfall also reports byte offset, Redshift's code, a reason and the record. Each also counts repeated keys.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.domain.contract.column import ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract

WHOLE = {TypeName.SMALLINT: 16, TypeName.INTEGER: 32, TypeName.BIGINT: 64}
INTEGER = "^[+-]?[0-9]{1,19}$"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
STAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?$"


def contract_at(path: str) -> Contract:
    return read_contract(Path(path).name, Path(path).read_bytes())


def decimal(kind: ColumnType) -> str:
    """Return a regular expression for decimal(p,s)."""
    whole = kind.precision - kind.scale
    return rf"^[+-]?[0-9]{{1,{whole}}}(?:\.[0-9]{{1,{kind.scale}}})?$"


def required(contract: Contract) -> set[str]:
    return {c.name for c in contract.columns if c.required} | set(contract.key)
