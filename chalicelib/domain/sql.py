"""One load as one transaction: the statements of a single BatchExecuteStatement, and their parameters.

Pure text. The order of the statements is the guarantee (docs/guarantees.md): the gate is locked before anything reads,
so two loads of one target never overlap; the ledger row is written where the rows are merged; the last statement reads
it back. What comes from a file's name reaches the warehouse as a parameter only; what is text here comes from the
contract, from settings, or is made of hexadecimal digits, and is checked once more on its way in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.contract import IGNORED, NULL_WORD, Column, Contract, Empty, Kind
from chalicelib.domain.copy_times import converted, copy_formats, staged_as_text
from chalicelib.domain.ddl import OFFSET, gate, staging_ddl, staging_name
from chalicelib.domain.identifiers import quote_identifier, quote_identifiers
from chalicelib.domain.model import LedgerRow, Outcome
from chalicelib.errors import Broken

MAX_STATEMENTS = 40
MAX_STATEMENT_BYTES = 100_000
MAX_MERGE_BYTES = 60_000
"""Redshift's longest varchar is 65,535 bytes, and the merge's SQL is built in one."""

LEDGER_COLUMNS = (
    "load_id",
    "outcome",
    "rows_read",
    "rows_good",
    "rows_rejected",
    "staged",
    "duplicates",
    "inserted",
    "updated",
    "unchanged",
    "superseded",
)
"""What the pipeline asks of the ledger, in this order."""

_HEX = re.compile(r"[0-9a-f]{32}")
_SORTABLE = re.compile(r"[0-9A-Za-z.:#+_-]{1,128}")
_S3_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9_./=-]{1,900}")
_ROLE = re.compile(r"default|arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}")
QUOTE = "'"
_READ_BY = {Kind.SUPER: "JSON_PARSE", Kind.VARBYTE: "FROM_HEX"}
_IGNORED = re.compile(IGNORED + "[0-9]{1,4}")
_REGION = re.compile(r"[a-z0-9-]{0,32}")


@dataclass(frozen=True, kw_only=True)
class LoadOrder:
    """All that a load is."""

    contract: Contract
    columns: tuple[str, ...]
    """The contract's columns that the file has, in the file's order."""
    load_id: str
    run_id: str
    source_order: str
    """Sorts as the files' age does."""
    bucket: str
    key: str
    """The source's key: any text. It is written to the ledger and nowhere else."""
    rows_read: int
    rows_good: int
    rows_rejected: int
    manifest: str
    """s3:// URL of the manifest; not used if there is no good row."""
    iam_role: str
    """The role COPY assumes, or `default`."""
    region: str = ""
    """The bucket's region, if it is not the warehouse's."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Statements for one transaction, and the parameters they share. Every parameter is used and none is empty."""

    statements: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)


def render_load(order: LoadOrder) -> Batch:
    """The load as statements, in order. The last one gives the ledger row. Raises Broken if the order is not sound."""
    _check(order)
    contract = order.contract
    staging = staging_name(order.load_id)
    statements = [f"LOCK TABLE {gate(contract)}", staging_ddl(contract, order.columns, order.load_id)]
    statements += [_copy(order)] if order.rows_good else []
    statements += [f"CALL etl.check_count_v1('{staging}', :rows_good)"]
    statements += [*_conversions(order, staging), *_defaults(contract, staging)]
    checks = range(1, len(contract.checks) + 1)
    statements += [f"CALL etl.data_check_v1('{staging}', :check_{n}_name, :check_{n}_rows)" for n in checks]
    statements += [_apply(contract, staging), f"DROP TABLE {quote_identifier(staging)}", _LEDGER.format(":load_id")]
    if len(statements) > MAX_STATEMENTS or any(len(s.encode()) > MAX_STATEMENT_BYTES for s in statements):
        raise Broken("the load does not fit one batch of the Data API; split the contract", code="LOAD_TOO_BIG")
    return Batch(statements=tuple(statements), parameters=dict(_parameters(order)))


def ledger_query(load_ids: Sequence[str]) -> Batch:
    """What the ledger holds of these loads: LEDGER_COLUMNS, one row for each that was committed."""
    names = [f":load_id_{n}" for n in range(len(load_ids))]
    parameters = {name[1:]: load_id for name, load_id in zip(names, load_ids, strict=True)}
    return Batch(statements=(_LEDGER.format(", ".join(names)),), parameters=parameters)


def ledger_row(record: Sequence[Any]) -> LedgerRow:
    """A row of the ledger query's result."""
    found = dict(zip(LEDGER_COLUMNS, record, strict=True))
    return LedgerRow(
        load_id=str(found["load_id"]),
        outcome=Outcome(found["outcome"]),
        staged=int(found["staged"]),
        duplicate=int(found["duplicates"]),
        inserted=int(found["inserted"]),
        updated=int(found["updated"]),
        unchanged=int(found["unchanged"]),
        superseded=int(found["superseded"]),
    )


def merge_bytes(contract: Contract) -> int:
    """An upper bound of the longest statement that etl.apply_scd1_v1 builds for the contract."""
    names = [len(c.name) for c in contract.columns]
    writing_winners = 23_500 + sum(n + 8 for n in names) + sum(4 * (len(k) + 20) for k in contract.key)
    updating = 2_000 + sum(2 * n + 14 for n in names) + sum(2 * (len(k) + 80) for k in contract.key)
    return max(writing_winners, updating)


_LEDGER = f"SELECT {', '.join(LEDGER_COLUMNS)} FROM etl.ledger WHERE load_id IN ({{}})"  # noqa: S608  (constants only)


def _check(order: LoadOrder) -> None:
    """Everything that goes into the text of a statement has a shape; anything else is a fault of ours."""
    shapes = {
        "load_id": _HEX.fullmatch(order.load_id),
        "source_order": _SORTABLE.fullmatch(order.source_order),
        "iam_role": _ROLE.fullmatch(order.iam_role),
        "region": _REGION.fullmatch(order.region),
        "manifest": not order.rows_good or _S3_URL.fullmatch(order.manifest),
        "columns": _known(order),
        "rows": order.rows_read == order.rows_good + order.rows_rejected and min(order.rows_good, order.rows_read) >= 0,
        "run_id, bucket, key": order.run_id and order.bucket and order.key,
    }
    if wrong := [name for name, sound in shapes.items() if not sound]:
        raise Broken(f"the load order is not sound: {', '.join(wrong)}", code="BAD_LOAD_ORDER")


def _known(order: LoadOrder) -> bool:
    known = {c.name for c in order.contract.columns}
    required = {c.name for c in order.contract.columns if c.required}
    given = set(order.columns)
    ignored = {name for name in order.columns if _IGNORED.fullmatch(name)}
    return len(given) == len(order.columns) and required <= given and given - ignored <= known


def _copy(order: LoadOrder) -> str:
    """NULL AS '' makes empty fields NULL, as EMPTYASNULL does, and keeps COPY from taking a text `\\N` for NULL.

    Where an empty field may be text, NULL is a word that no text is allowed to be.
    """
    contract, dialect = order.contract, order.contract.dialect
    texts = staged_as_text(contract)
    columns = ((OFFSET,) if contract.lineage else ()) + tuple(texts.get(name, name) for name in order.columns)
    own_quote, own_delimiter = dialect.staged_quote, dialect.staged_delimiter
    quote = "" if own_quote == '"' else f" QUOTE AS '{own_quote * (1 + (own_quote == QUOTE))}'"
    delimiter = "" if own_delimiter == "," else f" DELIMITER AS '{_told(own_delimiter)}'"
    null = NULL_WORD if dialect.empty is Empty.TEXT else ""
    role = "default" if order.iam_role == "default" else f"'{order.iam_role}'"
    region = f" REGION '{order.region}'" if order.region else ""
    return (
        f"COPY {quote_identifier(staging_name(order.load_id))} ({quote_identifiers(columns)})\n"
        f"FROM '{order.manifest}'\nIAM_ROLE {role}{region}\n"
        f"FORMAT AS CSV{quote}{delimiter} ZSTD MANIFEST NULL AS '{null}'{copy_formats(contract)}\n"
        "COMPUPDATE OFF STATUPDATE OFF MAXERROR 0"
    )


def _told(delimiter: str) -> str:
    """A delimiter as COPY reads it: octal where it would be hard to see or a quote."""
    if delimiter == "\t":
        return "\\t"
    return delimiter if delimiter.isprintable() and delimiter not in (" ", QUOTE) else f"\\{ord(delimiter):03o}"


def _conversions(order: LoadOrder, staging: str) -> list[str]:
    """One UPDATE that makes dates and timestamps of what COPY could only load as text."""
    texts = staged_as_text(order.contract)
    found = [(name, converted(order.contract.column(name), texts[name])) for name in order.columns if name in texts]
    sets = ", ".join(f"{quote_identifier(name)} = {sql}" for name, sql in found)
    return [f"UPDATE {quote_identifier(staging)} SET {sets}"] if found else []  # noqa: S608  (quoted names only)


def _defaults(contract: Contract, staging: str) -> list[str]:
    """One UPDATE that fills what is empty. A text may default to the empty text, which is no parameter."""
    filled = [(quote_identifier(c.name), c) for c in contract.columns if c.default is not None]
    if not filled:
        return []
    sets = [f"{name} = COALESCE({name}, {_default_sql(c)})" for name, c in filled]
    empty = " OR ".join(f"{name} IS NULL" for name, _ in filled)
    return [f"UPDATE {quote_identifier(staging)} SET {', '.join(sets)} WHERE {empty}"]  # noqa: S608  (quoted names only)


def _default_sql(column: Column) -> str:
    """A cast makes a text of JSON a string, and hexadecimal its own bytes: these two have functions of their own."""
    if not column.default:
        return "''"
    if column.type.kind in _READ_BY:
        return f"{_READ_BY[column.type.kind]}(:default_{column.name})"
    return f"CAST(:default_{column.name} AS {column.type.sql})"


def _apply(contract: Contract, staging: str) -> str:
    """Names as texts that the procedure quotes; none of them needs escaping, which quote_identifier makes sure of."""
    names = [c.name for c in contract.columns]
    documents = [c.name for c in contract.columns if c.type.kind is Kind.SUPER]
    quote_identifiers([staging, contract.schema, contract.table, *names, *contract.key, contract.order_by or staging])
    return (
        f"CALL etl.apply_scd1_v1('{staging}', '{contract.schema}', '{contract.table}', '{','.join(names)}', "
        f"'{','.join(documents)}', '{','.join(contract.key)}', '{contract.order_by or ''}', "
        f"'{contract.delivery.value}', '{contract.duplicate_keys.value}', "
        ":load_id, :run_id, :object, :source_order, :bucket, :source_key, :fingerprint, "
        ":rows_read, :rows_good, :rows_rejected)"
    )


def _parameters(order: LoadOrder) -> Iterator[tuple[str, str]]:
    yield "load_id", order.load_id
    yield "run_id", order.run_id
    yield "object", order.contract.name
    yield "source_order", order.source_order
    yield "bucket", order.bucket
    yield "source_key", order.key
    yield "fingerprint", order.contract.fingerprint or "-"
    yield "rows_read", str(order.rows_read)
    yield "rows_good", str(order.rows_good)
    yield "rows_rejected", str(order.rows_rejected)
    for column in order.contract.columns:
        if column.default:
            yield f"default_{column.name}", column.default
    for number, check in enumerate(order.contract.checks, 1):
        yield f"check_{number}_name", check.name
        yield f"check_{number}_rows", check.bad_rows
