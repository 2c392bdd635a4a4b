"""A and C: each contender does the checks of a contract, in the cheapest way we found that is exact on the file.

Exact means: it names the same lines and columns as the generator planted. A peer is not asked for more than that, where
Landfall also gives byte offset, Redshift's code, a reason and the record. Each also counts repeated keys.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.domain.contract.contract import ColumnType, Contract, TypeName
from chalicelib.domain.contract_files.contract_file import read_contract

WHOLE = {TypeName.SMALLINT: 16, TypeName.INTEGER: 32, TypeName.BIGINT: 64}
INTEGER = "^[+-]?[0-9]{1,19}$"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
STAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?$"


def contract_at(path: str) -> Contract:
    return read_contract(Path(path).name, Path(path).read_bytes())


def decimal(kind: ColumnType) -> str:
    """A regular expression for decimal(p,s)."""
    whole = kind.precision - kind.scale
    return rf"^[+-]?[0-9]{{1,{whole}}}(?:\.[0-9]{{1,{kind.scale}}})?$"


def required(contract: Contract) -> set[str]:
    return {c.name for c in contract.columns if c.required} | set(contract.key)
