"""The effects of a load in the warehouse, as pure functions: read the parts, collapse by key, merge newest-wins.

The rules are those of the statements of domain/warehouse/load.py, in Python; tests compare the two.
"""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from backports import zstd

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Contract, DuplicateKeys, StageAs
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.run.duplicate_keys import RepeatedKeys
from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.domain.warehouse.ddl import MARK, OFFSET
from chalicelib.domain.warehouse.load import LoadOrder, Share
from chalicelib.domain.warehouse.staged_text import fields_of, value_of

Value = str | int | float | bool | Decimal | None
Key = tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class StagedRow:
    """A row in staging, as COPY writes it."""

    mark: str
    """The mark of the load that the row belongs to."""
    offset: int
    values: dict[str, Value]


@dataclass(frozen=True, kw_only=True)
class TargetRow:
    """A row of the target, with its order and its origin."""

    values: dict[str, Value]
    source_order: str
    load_id: str
    offset: int


Target = dict[Key, TargetRow]


def read_part(order: LoadOrder, key: str, body: bytes) -> list[StagedRow]:
    """Read the rows of one staged part: with lineage first mark and offset, then the file's columns."""
    contract = order.contract
    if contract.stage_as is StageAs.JSON:
        return [_object(order, json.loads(line)) for line in _inflate(key, body).splitlines()]
    text = io.StringIO(_inflate(key, body).decode(), newline="")
    return [_row(order, fields) for fields in fields_of(contract, text)]


def _inflate(key: str, body: bytes) -> bytes:
    if key.endswith(".zst"):
        return zstd.decompress(body)
    return gzip.decompress(body) if key.endswith(".gz") else body


def _row(order: LoadOrder, fields: list[str]) -> StagedRow:
    contract = order.contract
    mark, offset = (fields[0], int(fields[1])) if contract.lineage else (order.shares[0].mark, 0)
    fields = fields[2:] if contract.lineage else fields
    given = dict(zip(order.columns, fields, strict=True))
    values = {c.name: _value(c, given.get(c.name), contract.dialect) for c in contract.columns}
    return StagedRow(mark=mark, offset=offset, values=values)


def _object(order: LoadOrder, found: Mapping[str, Any]) -> StagedRow:
    """Return the row of one object. A document is the only value that is no text."""
    contract = order.contract
    null = contract.dialect.staged_null
    documents = {c.name for c in contract.columns if c.type.kind is TypeName.SUPER}
    lead = [found[MARK], found[OFFSET]] if contract.lineage else []
    values = ((name, found.get(name)) for name in order.columns)
    return _row(order, lead + [null if v is None else json.dumps(v) if n in documents else v for n, v in values])


def _value(column: Column, field: str | None, dialect: Dialect) -> Value:
    """Return the value of a field in staging: a NULL or an absent field is the default or NULL."""
    found = None if field is None else value_of(column.type, field, dialect)
    text = column.default if found is None else found
    if text is None:
        return None
    return _PARSERS.get(column.type.kind, str)(text)


_PARSERS: dict[TypeName, Callable[[str], Value]] = {
    TypeName.SMALLINT: int,
    TypeName.INTEGER: int,
    TypeName.BIGINT: int,
    TypeName.DECIMAL: Decimal,
    TypeName.REAL: float,
    TypeName.DOUBLE: float,
    TypeName.BOOLEAN: lambda text: text.strip().lower() in ("t", "true", "y", "yes", "1"),
    TypeName.SUPER: lambda text: json.dumps(json.loads(text), sort_keys=True),
    TypeName.VARBYTE: str.lower,
    TypeName.TIMESTAMP: lambda text: text.replace("T", " "),
    TypeName.TIMESTAMPTZ: lambda text: text.replace("T", " "),
}


def apply_scd1(order: LoadOrder, target: Target, shares: Sequence[Share], rows: list[StagedRow]) -> list[LedgerRow]:
    """Merge into `target` in place, newest wins. Return the ledger rows, which account for every staged row."""
    by_mark = {share.mark: share for share in shares}
    own = [collapse(order.contract, [r for r in rows if r.mark == mark], by_mark) for mark in by_mark]
    winners = collapse(order.contract, [row for latest in own for row in latest.values()], by_mark)
    fates = {row.mark: Counter[str]() for row in winners.values()}
    for key, row in winners.items():
        share = by_mark[row.mark]
        fate = _fate(order.contract, target.get(key), row, share)
        fates[row.mark][fate] += 1
        if fate != "superseded":
            target[key] = TargetRow(
                values=row.values, source_order=share.source_order, load_id=share.load_id, offset=row.offset
            )
    return [
        _booked(share, len(latest), fates.get(share.mark, Counter())) for share, latest in zip(shares, own, strict=True)
    ]


def collapse(contract: Contract, rows: Iterable[StagedRow], by_mark: Mapping[str, Share]) -> dict[Key, StagedRow]:
    """Return one row per key: the greatest `order_by`, then the newest file, then the last in the file."""
    latest: dict[Key, StagedRow] = {}
    for row in rows:
        key = _key(contract, row)
        if key not in latest or _age(contract, latest[key], by_mark) <= _age(contract, row, by_mark):
            latest[key] = row
    return latest


def _key(contract: Contract, row: StagedRow) -> Key:
    return tuple(_compared(row.values[name]) for name in contract.key)


def _age(contract: Contract, row: StagedRow, by_mark: Mapping[str, Share]) -> tuple[Any, ...]:
    share = by_mark[row.mark]
    return *_newness(contract, row.values, share.source_order), share.mark, row.offset


def _compared(value: Value) -> Value:
    """Return a value as Redshift compares it: a text without the blanks at its end."""
    return value.rstrip(" ") if isinstance(value, str) else value


def _sortable(value: Value) -> tuple[bool, Value]:
    """Return a sortable value; NULL is older than all others."""
    return (value is not None, _compared(value) if value is not None else 0)


def refusal(order: LoadOrder, rows: Iterable[StagedRow]) -> str:
    """Return the error of the transaction if a file has a key twice and the contract forbids it; else empty."""
    if order.contract.duplicate_keys is DuplicateKeys.COLLAPSE:
        return ""
    seen: set[tuple[str, Key]] = set()
    repeats: list[int] = []
    for row in sorted(rows, key=lambda row: row.offset):
        key = row.mark, _key(order.contract, row)
        repeats += [row.offset] if key in seen else []
        seen.add(key)
    return RepeatedKeys(rows=len(repeats), first=repeats[0], key=order.contract.key).raised() if repeats else ""


def _booked(share: Share, keys: int, fates: Counter[str]) -> LedgerRow:
    """Return a file's ledger row; keys whose winner is another file of the load are superseded, too."""
    kept = {name: fates[name] for name in ("inserted", "updated", "unchanged")}
    return LedgerRow(
        load_id=share.load_id,
        outcome=Outcome.LOADED,
        staged=share.rows_good,
        duplicate=share.rows_good - keys,
        superseded=keys - sum(kept.values()),
        **kept,
    )


def _fate(contract: Contract, held: TargetRow | None, row: StagedRow, share: Share) -> str:
    if held is None:
        return "inserted"
    theirs = _newness(contract, held.values, held.source_order)
    ours = _newness(contract, row.values, share.source_order)
    if theirs > ours or (share.corrects and theirs == ours and held.offset > row.offset):
        return "superseded"
    return "unchanged" if held.values == row.values else "updated"


def _newness(contract: Contract, values: dict[str, Value], source_order: str) -> tuple[tuple[bool, Value], str]:
    return _sortable(values[contract.order_by] if contract.order_by else None), source_order


def stored(values: Mapping[str, Value], columns: Mapping[str, ColumnType]) -> dict[str, object]:
    """What narrower columns make of values that no check has kept out: rounded numbers and cut texts."""
    return {name: _narrowed(value, columns[name]) if name in columns else value for name, value in values.items()}


def _narrowed(value: Value, held: ColumnType) -> Value:
    if isinstance(value, Decimal) and held.kind is TypeName.DECIMAL:
        return round(value, held.scale)
    return value[: held.length] if isinstance(value, str) and held.is_text else value


def supersede(share: Share, rows: int) -> LedgerRow:
    """Return the ledger row of a snapshot that is older than a loaded one: its rows are not applied."""
    return LedgerRow(
        load_id=share.load_id,
        outcome=Outcome.SUPERSEDED,
        staged=share.rows_good,
        duplicate=share.rows_good - rows,
        inserted=0,
        updated=0,
        unchanged=0,
        superseded=rows,
    )


def copy_refusal(url: str, rows: Sequence[StagedRow], refused: Set[str]) -> CopyFault | None:
    """Return the first row of a part with a value that COPY refuses. Each row is one line here."""
    for line, row in enumerate(rows, 1):
        for name, value in row.values.items():
            if str(value) in refused:
                return CopyFault(file=url, line=line, column=name, code=1204)
    return None


def with_corrections(row: LedgerRow, corrections: Iterable[tuple[str, LedgerRow]], merged: Counter[str]) -> LedgerRow:
    """Return a load's books plus its corrections, without the rows that an earlier correction merged."""
    for correction, more in corrections:
        if rows := merged[correction]:
            row = replace(
                row,
                staged=row.staged + rows,
                duplicate=row.duplicate + more.duplicate - (more.staged - rows),
                inserted=row.inserted + more.inserted,
                updated=row.updated + more.updated,
                unchanged=row.unchanged + more.unchanged,
                superseded=row.superseded + more.superseded,
                corrected=row.corrected + rows,
            )
    return row
