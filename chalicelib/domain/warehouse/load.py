"""One load as one transaction: the statements of a single BatchExecuteStatement, and their parameters.

A load is of one run, or of several whose files have the same columns: each brings its share, and gets a ledger row of
its own. Pure text. The order of the statements is the guarantee (docs/design/guarantees.md): the gate is locked before
anything reads, so two loads of one target never overlap; the ledger rows are written where the rows are merged; the
last statement reads them back. A file's name reaches the warehouse only as hexadecimal digits. All other
text comes from the contract or from settings, and is checked again before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.domain.checks.condition import check_fault
from chalicelib.domain.contract.column import TypeName
from chalicelib.domain.contract.contract import IGNORED, Contract, DataCheck, Load
from chalicelib.domain.contract.identifiers import quote_identifier, quote_identifiers
from chalicelib.domain.run.ids import MARK_LENGTH
from chalicelib.domain.warehouse.copy_statement import copy_of
from chalicelib.domain.warehouse.ddl import gate, shares_name, staging_ddl, staging_name
from chalicelib.domain.warehouse.defaults import default_parameters, fill_defaults
from chalicelib.errors import Broken

MAX_STATEMENTS = 40
MAX_BATCH_BYTES = 100_000
"""Of the statements and parameters of a batch. AWS documents 100 KB for a statement, and nothing for the batch."""

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
"""The columns of the ledger that the pipeline reads, in this order."""

_HEX = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[0-9A-Za-z._-]{1,255}")
_SORTABLE = re.compile(r"[0-9A-Za-z.:#+_-]{1,128}")
_S3_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9_./=-]{1,900}")
ROLE = re.compile(r"default|arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}")
QUOTE = "'"
_IGNORED = re.compile(IGNORED + "[0-9]{1,4}")
_REGION = re.compile(r"[a-z0-9-]{0,32}")


@dataclass(frozen=True, kw_only=True)
class Share:
    """One run's part of a load; its ledger row records it."""

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
    corrects: str = ""
    """The load that rejected its rows, if they are corrected rows; else empty."""

    @property
    def mark(self) -> str:
        """The prefix of its staged rows."""
        return self.load_id[:MARK_LENGTH]


@dataclass(frozen=True, kw_only=True)
class LoadOrder:
    """A load to be submitted."""

    contract: Contract
    columns: tuple[str, ...]
    """The contract's columns that the file has, in the file's order."""
    group_id: str
    """The id of the load: 32 hexadecimal digits."""
    shares: tuple[Share, ...]
    manifest: str
    """s3:// URL of the manifest; not used if there is no good row."""
    iam_role: str
    """The role COPY assumes, or `default`."""
    region: str = ""
    """The bucket's region, if it is not the warehouse's."""

    @property
    def rows_good(self) -> int:
        return sum(share.rows_good for share in self.shares)

    @property
    def direct(self) -> bool:
        """Whether the rows may come as INSERTs over a connection, in place of the COPY."""
        return self.contract.load is Load.DIRECT and self.rows_good <= self.contract.limits.direct_rows


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Statements for one transaction, and the parameters they share. Every parameter is used and none is empty."""

    statements: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)


def render_load(order: LoadOrder) -> Batch:
    """Return the statements of the load, in order; the last reads the ledger rows. Raises Broken for a bad order."""
    batch = _batch(order)
    if len(batch.statements) > MAX_STATEMENTS or _size(batch) > MAX_BATCH_BYTES:
        raise Broken("the load does not fit one batch of the Data API; split the contract", code="LOAD_TOO_BIG")
    return batch


def share_room(contract: Contract) -> int:
    """Bytes that a load of the contract has left for its shares: they limit how many files are loaded together."""
    least = Share(
        load_id="0" * 32,
        run_id="r",
        source_order="0",
        bucket="b",
        key="k",
        rows_read=MANY_ROWS,
        rows_good=MANY_ROWS,
        rows_rejected=0,
    )
    longest = LoadOrder(
        contract=contract,
        columns=tuple(c.name for c in contract.columns),
        group_id="0" * 32,
        shares=(least,),
        manifest=f"s3://{'b' * 63}/{'k' * 900}",
        iam_role=f"arn:aws:iam::{'0' * 12}:role/{'r' * 64}",
        region="eu-west-1",
    )
    return MAX_BATCH_BYTES - _size(_batch(longest))


def _size(batch: Batch) -> int:
    texts = (*batch.statements, *batch.parameters, *batch.parameters.values())
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def _batch(order: LoadOrder) -> Batch:
    _check(order)
    contract = order.contract
    staging, shares = staging_name(order.group_id), shares_name(order.group_id)
    statements = [f"LOCK TABLE {gate(contract.target)}"]
    statements += [staging_ddl(contract, order.columns, order.group_id, order.shares[0].mark)]
    statements += [_check_columns(contract, staging)]
    statements += [copy_of(order)] if order.rows_good else []
    statements += [SHARES_DDL.format(shares), _shares(order, shares)]
    statements += [f"CALL etl.check_count_v1('{staging}', :rows_good)"]
    statements += fill_defaults(contract, staging)
    checks = range(1, len(contract.checks) + 1)
    statements += [f"CALL etl.data_check_v1('{staging}', :check_{n}_name, :check_{n}_rows)" for n in checks]
    statements += [_apply(order, staging, shares)]
    statements += [f"DROP TABLE {quote_identifier(name)}" for name in (staging, shares)]
    return Batch(statements=(*statements, LEDGER_OF_GROUP), parameters=dict(_parameters(order)))


def explain_check(check: DataCheck, group_id: str) -> str:
    """Return the query of etl.data_check_v1 for a check, to be planned and not run."""
    rows = f"WITH staging AS (SELECT * FROM {quote_identifier(staging_name(group_id))})"  # noqa: S608 (a quoted name)  # nosec B608
    return f"EXPLAIN {rows} SELECT count(*) AS bad FROM staging WHERE ({check.bad_rows})"  # noqa: S608 (the guard has read it)  # nosec B608


SHARES_DDL = """CREATE TEMP TABLE {} (
  mark char(8), load_id varchar(32), run_id varchar(64), source_order varchar(128), bucket varchar(255),
  source_key varchar(8192), rows_read bigint, rows_good bigint, rows_rejected bigint, corrects varchar(32)
)"""
"""The key as hexadecimal digits of its UTF-8."""
MANY_ROWS = 10**12
"""More than a file has."""
_COLUMNS = ", ".join(LEDGER_COLUMNS)
LEDGER_OF_GROUP = f"SELECT {_COLUMNS} FROM etl.ledger WHERE object = :object AND group_id = :group_id"  # noqa: S608 (constants only)  # nosec B608


def _check(order: LoadOrder) -> None:
    """Check the form of every value in a statement's text. Raises Broken: another form is a fault in our code."""
    shares = order.shares
    shapes = {
        "group_id": _HEX.fullmatch(order.group_id),
        "shares": shares and all(map(_sound, shares)) and len({s.mark for s in shares}) == len(shares),
        "lineage": order.contract.lineage or len(shares) == 1,
        "iam_role": ROLE.fullmatch(order.iam_role),
        "region": _REGION.fullmatch(order.region),
        "manifest": not order.rows_good or _S3_URL.fullmatch(order.manifest),
        "columns": _known(order),
        "checks": not any(check_fault(order.contract, check) for check in order.contract.checks),
    }
    if wrong := [name for name, sound in shapes.items() if not sound]:
        raise Broken(f"the load order is not sound: {', '.join(wrong)}", code="BAD_LOAD_ORDER")


def _sound(share: Share) -> bool:
    names = (_HEX, share.load_id), (_SORTABLE, share.source_order), (_NAME, share.run_id), (_NAME, share.bucket)
    balanced = share.rows_read == share.rows_good + share.rows_rejected and min(share.rows_good, share.rows_read) >= 0
    corrects = not share.corrects or _HEX.fullmatch(share.corrects)
    return balanced and bool(share.key and corrects) and all(shape.fullmatch(text) for shape, text in names)


def _known(order: LoadOrder) -> bool:
    known = {c.name for c in order.contract.columns}
    required = {c.name for c in order.contract.columns if c.required}
    given = set(order.columns)
    ignored = {name for name in order.columns if _IGNORED.fullmatch(name)}
    return len(given) == len(order.columns) and required <= given and given - ignored <= known


def _check_columns(contract: Contract, staging: str) -> str:
    """Return the CALL. Staging may hold NULL where a default fills the column later."""
    filled = [c.name for c in contract.columns if c.default is not None]
    return f"CALL etl.check_columns_v1('{staging}', '{contract.schema}', '{contract.table}', '{','.join(filled)}')"


def _shares(order: LoadOrder, table: str) -> str:
    """Return the INSERT of the shares. All values have forms without quotes, and the key is in hexadecimal."""
    rows = [
        f"('{s.mark}', '{s.load_id}', '{s.run_id}', '{s.source_order}', '{s.bucket}', "
        f"'{s.key.encode('utf-8', 'surrogatepass').hex()}', {s.rows_read}, {s.rows_good}, {s.rows_rejected}, "
        f"'{s.corrects}')"
        for s in order.shares
    ]
    into = f"INSERT INTO {quote_identifier(table)} VALUES\n"  # nosec B608 - a quoted name
    return into + ",\n".join(rows)


def _apply(order: LoadOrder, staging: str, shares: str) -> str:
    """Return the CALL. The procedure quotes the names; quote_identifier has checked that none needs escapes."""
    contract = order.contract
    names = [c.name for c in contract.columns]
    documents = [c.name for c in contract.columns if c.type.kind is TypeName.SUPER]
    texts = "".join("t" if c.type.is_text else "-" for c in contract.columns)
    quote_identifiers([staging, contract.schema, contract.table, *names, *contract.key, contract.order_by or staging])
    return (
        f"CALL etl.apply_scd1_v1('{staging}', '{shares}', '{contract.schema}', '{contract.table}', "
        f"'{','.join(names)}', '{','.join(documents)}', '{texts}', '{','.join(contract.key)}', "
        f"'{contract.order_by or ''}', '{contract.delivery.value}', '{contract.duplicate_keys.value}', :group_id, "
        ":object, :fingerprint)"
    )


def _parameters(order: LoadOrder) -> Iterator[tuple[str, str]]:
    yield "group_id", order.group_id
    yield "object", order.contract.name
    yield "fingerprint", order.contract.fingerprint or "-"
    yield "rows_good", str(order.rows_good)
    yield from default_parameters(order.contract)
    for number, check in enumerate(order.contract.checks, 1):
        yield f"check_{number}_name", check.name
        yield f"check_{number}_rows", check.bad_rows
