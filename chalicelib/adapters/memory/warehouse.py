"""Redshift and its Data API in memory: statements run later, tokens expire, and each statement may have a fate."""

from __future__ import annotations

import csv
import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backports import zstd

from chalicelib.adapters.memory.merge import (
    StagedRow,
    Target,
    apply_scd1,
    copy_refusal,
    read_part,
    refusal,
    stored,
    supersede,
    with_corrections,
)
from chalicelib.adapters.memory.objects import MemoryObjects
from chalicelib.adapters.memory.statements import ERRORS, NEVER_RUN, UNKNOWN, Fate, Submitted, described, fail
from chalicelib.adapters.memory.unload import unloaded
from chalicelib.domain.contract.column import ColumnType
from chalicelib.domain.contract.contract import Delivery
from chalicelib.domain.run.model import LedgerRow, Outcome
from chalicelib.domain.warehouse.column_fit import ahead
from chalicelib.domain.warehouse.copy_faults import CopyFault
from chalicelib.domain.warehouse.ledger import DAY
from chalicelib.domain.warehouse.load import LoadOrder, Share
from chalicelib.domain.warehouse.statement import Statement, StatementState, direct_id, is_direct
from chalicelib.domain.warehouse.unload import UnloadOrder
from chalicelib.errors import Retryable, WorkGone
from chalicelib.ports import Clock


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A ledger row with the values that later snapshots are compared by."""

    row: LedgerRow
    object: str
    table: str
    source_order: str
    corrects: str
    committed_at: float


class LoadFailedError(Exception):
    """The transaction rolls back; the text is the statement's error."""

    def __init__(self, error: str, *faults: CopyFault) -> None:
        super().__init__(error)
        self.faults = faults


class MemoryWarehouse:
    """One transaction per statement, which `run_due` runs whole or not at all. Only the ledger shows what is loaded.

    Knobs: `latency` before a statement is due, `token_life` and `statement_life` before they expire,
    `fates` for the next statements, in order of submission, `columns` of targets that differ from their contracts, and
    values that COPY `refuses` although they were checked; it names the first such row only.
    """

    def __init__(self, clock: Clock, objects: MemoryObjects, *, latency: float = 1.0) -> None:
        self.clock = clock
        self.objects = objects
        self.latency = latency
        self.token_life = 600.0
        self.statement_life = 86_400.0
        self.fates: deque[Fate] = deque()
        self.targets: dict[str, Target] = {}
        self.columns: dict[str, dict[str, ColumnType]] = {}
        self.refuses: set[str] = set()
        self.book: dict[str, Booked] = {}
        self.corrected: dict[tuple[str, int], str] = {}
        """The load that merged a corrected row, by the load that rejected the row and the row's byte offset there."""
        self.fenced: set[str] = set()
        """Groups that may not commit any more."""
        self.merged: list[str] = []
        """Load ids in the order of their merges; a repeated id was loaded twice."""
        self.statements: dict[str, Submitted] = {}
        self.tokens: dict[str, str] = {}

    # ---- the port ---------------------------------------------------------------------------------------------------

    def submit(self, order: LoadOrder, *, token: str, name: str) -> Statement:
        if known := self._known(token):
            return described(known)
        if order.direct and self._stages(order):
            return self._direct(self._added(order, name, direct_id))
        return described(self._kept(order, name, token))

    def unload(self, order: UnloadOrder, *, token: str, name: str) -> str:
        known = self._known(token) or self._kept(order, name, token)
        return known.statement_id

    def _known(self, token: str) -> Submitted | None:
        known = self.statements.get(self.tokens.get(token, ""))
        return known if known and self.clock.now() - known.at < self.token_life else None

    def _kept(self, order: LoadOrder | UnloadOrder, name: str, token: str) -> Submitted:
        new = self._added(order, name, "statement-{}".format)
        self.tokens[token] = new.statement_id
        return new

    def _added(self, order: LoadOrder | UnloadOrder, name: str, named: Callable[[str], str]) -> Submitted:
        now, statement_id = self.clock.now(), named(f"{len(self.statements) + 1:06d}")
        new = Submitted(
            statement_id=statement_id,
            order=order,
            name=name,
            at=now,
            due=now + self.latency,
            fate=self.fates.popleft() if self.fates else Fate.FINE,
        )
        self.statements[statement_id] = new
        return new

    def _direct(self, statement: Submitted) -> Statement:
        """Run a direct load while its worker waits. If the connection breaks, a HIDDEN one is still committed."""
        if statement.fate in (*UNKNOWN, *NEVER_RUN):
            raise Retryable("the connection to the warehouse broke")
        self._run(statement)
        return described(statement)

    def _stages(self, order: LoadOrder) -> bool:
        """Return whether INSERTs can stage the rows; otherwise COPY names what is wrong."""
        try:
            self._staged(order)
        except LoadFailedError:
            return False
        return True

    def describe(self, statement_id: str) -> Statement:
        known = self.statements.get(statement_id)
        old = known is not None and self.clock.now() - known.at > self.statement_life
        if known is None or old or known.fate in UNKNOWN or is_direct(statement_id):
            return Statement(statement_id=statement_id, state=StatementState.GONE)
        return described(known)

    def copy_faults(self, copy_id: int) -> list[CopyFault]:
        return list(self.statements[f"statement-{copy_id:06d}"].faults)

    def ledger(self, object_name: str, load_ids: Sequence[str], since: float) -> dict[str, LedgerRow]:
        found = {load_id: self.book[load_id] for load_id in load_ids if load_id in self.book}
        return {i: b.row for i, b in found.items() if b.object == object_name and b.committed_at >= since - DAY}

    def books(self, load_id: str) -> LedgerRow | None:
        if load_id not in self.book:
            return None
        own = [(correction, b.row) for correction, b in self.book.items() if b.corrects == load_id]
        return with_corrections(self.book[load_id].row, own, Counter(self.corrected.values()))

    def cancel(self, statement_id: str) -> None:
        known = self.statements.get(statement_id)
        if known and known.state is StatementState.RUNNING and known.fate not in UNKNOWN:
            fail(known, *ERRORS[Fate.ABORTED])

    def fence(self, target: str, group_id: str) -> None:  # noqa: ARG002 - statements run one at a time here
        self.fenced.add(group_id)

    # ---- time passes ------------------------------------------------------------------------------------------------

    def run_due(self, now: float | None = None) -> list[Statement]:
        """Run the due statements, oldest first. Return those that ended, which EventBridge would report (or lose)."""
        horizon = self.clock.now() if now is None else now
        due = [s for s in self.statements.values() if s.due <= horizon and s.will_run]
        ended = []
        for statement in sorted(due, key=lambda s: (s.due, s.statement_id)):
            self._run(statement)
            if not is_direct(statement.statement_id):
                ended.append(described(statement))
        return ended

    def pending(self) -> list[Submitted]:
        """Return the statements that will run, even if no worker has their ids."""
        return [s for s in self.statements.values() if s.will_run]

    def rows(self, table: str) -> list[dict[str, object]]:
        """Return the rows that a reader of a target sees, by key."""
        held, columns = self.targets.get(table, {}), self.columns.get(table, {})
        return [stored(held[key].values, columns) for key in sorted(held, key=str)]

    def _run(self, statement: Submitted) -> None:
        if statement.fate in ERRORS:
            fail(statement, *ERRORS[statement.fate])
            return
        try:
            if isinstance(statement.order, UnloadOrder):
                self._unload(statement.order)
            else:
                self._transaction(statement.order)
        except LoadFailedError as error:
            fail(statement, str(error), False)
            statement.faults = error.faults
            return
        statement.state = StatementState.FINISHED

    def _unload(self, order: UnloadOrder) -> None:
        """Write the file of an export. Without a row there is none, as in Redshift."""
        relation = f"{order.contract.schema}.{order.relation}"
        if relation not in self.targets:
            raise LoadFailedError(f'ERROR: relation "{relation}" does not exist')
        rows = self.rows(relation)
        bucket, key, body = unloaded(order, rows)
        if rows:
            self.objects.put(bucket, key, body)

    def _transaction(self, order: LoadOrder) -> None:
        """Run the load. It computes on copies; the assignments at the end are the commit."""
        table = order.contract.target
        columns = self.columns.get(table, {c.name: c.type for c in order.contract.columns})
        if ahead_of_table := ahead(order.contract, columns):
            raise LoadFailedError(ahead_of_table)
        staged = self._staged(order)
        shares = [share for share in order.shares if share.load_id not in self.book]
        if not shares or order.group_id in self.fenced:
            return
        rows = [row for row in staged if row.mark in {share.mark for share in shares}]
        if any(share.rows_good != sum(row.mark == share.mark for row in rows) for share in shares):
            raise LoadFailedError("BOOKS_OPEN: the rows of a file do not add up")
        if shares[0].corrects:
            if len(shares) > 1:
                raise LoadFailedError("BAD_LOAD_ORDER: corrected rows are loaded file by file")
            rows = [row for row in rows if (shares[0].corrects, row.offset) not in self.corrected]
        if refused := refusal(order, rows):
            raise LoadFailedError(refused)
        target = dict(self.targets.get(table, {}))
        if order.contract.delivery is Delivery.SNAPSHOT:
            booked = self._snapshot(order, table, target, shares, rows)
        else:
            booked = apply_scd1(order, target, shares, rows)
        self.targets[table] = target
        for share, row in zip(shares, booked, strict=True):
            self.merged.append(share.load_id)
            self.book[share.load_id] = Booked(
                row=row,
                object=order.contract.name,
                table=table,
                source_order=share.source_order,
                corrects=share.corrects,
                committed_at=self.clock.now(),
            )
            if share.corrects and row.outcome is Outcome.LOADED:
                self.corrected |= {(share.corrects, row.offset): share.load_id for row in rows}

    def _snapshot(
        self, order: LoadOrder, table: str, target: Target, shares: Sequence[Share], rows: list[StagedRow]
    ) -> list[LedgerRow]:
        if len(shares) > 1:
            raise LoadFailedError("BAD_LOAD_ORDER: snapshots are loaded one by one")
        if self._newer_loaded(table, shares[0].source_order):
            return [supersede(shares[0], len(rows))]
        return apply_scd1(order, target, shares, rows)

    def _staged(self, order: LoadOrder) -> list[StagedRow]:
        """Run COPY of the manifest, and the count check."""
        rows: list[StagedRow] = []
        for entry in self._manifest(order):
            part = _parsed(order, entry["url"], self._fetch(entry["url"], mandatory=bool(entry.get("mandatory"))))
            if fault := copy_refusal(entry["url"], part, self.refuses):
                raise LoadFailedError("Load into table failed.  Check 'sys_load_error_detail' for details.", fault)
            rows += part
        if len(rows) != order.rows_good:
            raise LoadFailedError(f"staging has {len(rows)} rows, but the load expects {order.rows_good}")
        return rows

    def _manifest(self, order: LoadOrder) -> list[dict[str, str]]:
        if not order.manifest:
            return []
        entries: list[dict[str, str]] = json.loads(self._fetch(order.manifest, mandatory=True))["entries"]
        return entries

    def _fetch(self, url: str, *, mandatory: bool) -> bytes:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        try:
            return self.objects.get(bucket, key)
        except WorkGone as gone:
            if not mandatory:
                return b""
            raise LoadFailedError("S3ServiceException: the specified key does not exist") from gone

    def _newer_loaded(self, table: str, source_order: str) -> bool:
        return any(
            b.table == table and b.row.outcome is Outcome.LOADED and b.source_order > source_order
            for b in self.book.values()
        )


def _parsed(order: LoadOrder, url: str, body: bytes) -> list[StagedRow]:
    try:
        return read_part(order, url, body)
    except (ValueError, ArithmeticError, csv.Error, zstd.ZstdError) as error:
        raise LoadFailedError("a part does not fit its table: see sys_load_error_detail") from error
