"""Runs the very statements of a load on PostgreSQL: rewritten as the local Redshift does, COPY replaced by inserts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import psycopg

from chalicelib.domain.contract.contract import Contract, DataCheck, Delivery
from chalicelib.domain.contract.identifiers import quote_identifier, quote_identifiers
from chalicelib.domain.contract_files.contract_file import fingerprint, read_contract
from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.model import LedgerRow
from chalicelib.domain.warehouse.ddl import MARK, OFFSET, gate_ddl, staging_name, target, target_ddl
from chalicelib.domain.warehouse.ledger import ledger_query, ledger_row
from chalicelib.domain.warehouse.load import LoadOrder, render_load
from local.redshift.sql.bind import bind
from local.redshift.sql.rewrite import rewrite, rewrite_script
from tests.support.load_orders import changed, load_of_one

THING = """
name = "{name}"
target = "landing.{name}"
key = ["id"]
lands_at = ["incoming/{name}/*"]
dist_key = "id"

[columns]
id = {{ type = "varchar(16)", required = true }}
value = {{ type = "varchar(64)" }}
amount = {{ type = "decimal(10,2)" }}
seen_at = {{ type = "timestamp" }}
"""

Row = tuple[Any, ...]


class Redshift:
    """A DB-API connection to PostgreSQL that takes what Redshift takes."""

    def __init__(self, dsn: str) -> None:
        self.session = psycopg.connect(dsn, prepare_threshold=None)
        self.said: list[str] = []

    def __enter__(self) -> Redshift:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.session.close()

    def cursor(self) -> Redshift:
        self._cursor = self.session.cursor()
        return self

    def execute(self, operation: str) -> None:
        self.said.append(operation)
        self._cursor.execute(rewrite_script(operation).encode())

    def fetchall(self) -> Sequence[Row]:
        return self._cursor.fetchall()

    @property
    def autocommit(self) -> bool:
        return self.session.autocommit

    @autocommit.setter
    def autocommit(self, on: bool) -> None:
        self.session.autocommit = on

    def commit(self) -> None:
        self.session.commit()

    def rollback(self) -> None:
        self.session.rollback()


@dataclass(frozen=True, kw_only=True)
class House:
    """One object: its contract, its tables, and loads of it."""

    dsn: str
    contract: Contract
    numbers: Any

    @classmethod
    def build(cls, dsn: str, *, name: str, toml: str = THING) -> House:
        contract = read_contract(f"{name}.toml", toml.format(name=name).encode())
        house = cls(dsn=dsn, contract=contract, numbers=itertools.count(1))
        with psycopg.connect(dsn, autocommit=True) as session:
            for statement in target_ddl(contract) + gate_ddl(contract):
                session.execute(rewrite(statement).encode())
        return house

    def having(self, **changes: Any) -> House:
        """The same tables, under other rules."""
        other = replace(self.contract, **changes)
        return replace(self, contract=replace(other, fingerprint=fingerprint(other)))

    def ordered(self) -> House:
        return self.having(order_by="seen_at")

    def snapshot(self) -> House:
        return self.having(delivery=Delivery.SNAPSHOT)

    def checked(self, bad_rows: str) -> House:
        return self.having(checks=(DataCheck(name="rule", bad_rows=bad_rows),))

    def order(self, rows: Sequence[Row], *, age: int, load: str = "", columns: Sequence[str] = (), **more: Any) -> Any:
        """A load of these rows, of a file of that age. Another load id each time, unless one is given."""
        numbered = load_of_one(
            contract=self.contract,
            columns=tuple(columns) or tuple(c.name for c in self.contract.columns),
            load_id=digest(self.contract.name, load or f"load {next(self.numbers)}"),
            run_id="run",
            source_order=f"{age:017.3f}#00",
            bucket="bucket",
            key=f"incoming/{self.contract.name}/it's :x.csv",
            rows_read=len(rows),
            rows_good=len(rows),
            rows_rejected=0,
            manifest="s3://bucket/processed/manifest.json",
            iam_role="default",
        )
        return changed(numbered, **more)

    def load(self, *rows: Row, age: int, **more: Any) -> LedgerRow:
        """Load and commit."""
        order = self.order(rows, age=age, **more)
        with psycopg.connect(self.dsn, prepare_threshold=None) as session:
            return run(session, order, rows)

    def rows(self, columns: str = "id, value") -> list[Row]:
        return self.ask(f"select {columns} from {target(self.contract)} order by id, 2")

    def ask(self, sql: str) -> list[Row]:
        with psycopg.connect(self.dsn) as session:
            return list(session.execute(sql.encode()).fetchall())

    def ledger(self) -> list[Row]:
        return self.ask(f"select load_id, outcome from etl.ledger where object = '{self.contract.name}'")


def run(session: psycopg.Connection[Any], order: LoadOrder, *rows: Sequence[Row]) -> LedgerRow:
    """The statements of one load in the session's transaction, as they stand; the caller commits. Rows by share.

    The answer is the first share's.
    """
    return run_all(session, order, *rows)[order.shares[0].load_id]


def run_all(session: psycopg.Connection[Any], order: LoadOrder, *rows: Sequence[Row]) -> dict[str, LedgerRow]:
    batch = render_load(order)
    last: list[Row] = []
    for statement in batch.statements:
        if statement.startswith("COPY"):
            fill(session, order, *rows)
            continue
        cursor = session.execute(ready(statement, batch.parameters))
        last = cursor.fetchall() if cursor.description else []
    return {row.load_id: row for row in map(ledger_row, last)}


def fill(session: psycopg.Connection[Any], order: LoadOrder, *rows: Sequence[Row]) -> None:
    """What COPY would do: rows in the files' order, each with a greater offset than the one before."""
    names = quote_identifiers((MARK, OFFSET, *order.columns))
    places = ", ".join(["%s"] * (len(order.columns) + 2))
    sql = f"insert into {quote_identifier(staging_name(order.group_id))} ({names}) values ({places})"
    for share, own in zip(order.shares, rows, strict=True):
        session.cursor().executemany(sql.encode(), [(share.mark, at * 10, *row) for at, row in enumerate(own)])


def ready(statement: str, parameters: Mapping[str, str]) -> bytes:
    """A statement with its parameters, for PostgreSQL."""
    bound, _, missing = bind(statement, parameters)
    assert not missing
    return rewrite(bound, batch=True).encode()


def ledger(dsn: str, order: LoadOrder) -> list[Row]:
    query = ledger_query(order.contract.name, [share.load_id for share in order.shares], 0.0)
    with psycopg.connect(dsn) as session:
        return list(session.execute(ready(query.statements[0], query.parameters)).fetchall())
