"""THE BOOKS: compares the API, the warehouse and the messages with what the generators planted.

There are three independent sources: the counts of each run, the ledger in the warehouse, and the truth of the files.
Every difference is a sentence. Without a difference the demo has shown what it promises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local.demo.story import Watched
from local.demo.truth import DemoData, TableTruth, Truth
from local.demo.world import Mail, Table, World

LEDGER = (
    "SELECT source_key, rows_read, loaded, rejected, duplicates, superseded, inserted, updated, unchanged, balanced"
    " FROM etl.books ORDER BY committed_at"
)
COUNTS = ("read", "good", "rejected", "duplicate", "inserted", "updated", "unchanged")
SHOWN_DIFFERENCES = 5

Reject = Mapping[str, Any]
LedgerRow = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class FileBook:
    """One file's page."""

    file: Watched
    rejects: Sequence[Reject]
    runs: int
    """Number of runs of its key."""
    loads: int
    """Number of the ledger's rows for it."""

    @property
    def once(self) -> bool:
        """Whether it has one run, however often it was dropped, and one load if it was to be loaded."""
        return self.runs == 1 and self.loads == (self.file.truth.state == "LOADED")

    @property
    def rows(self) -> Mapping[str, int]:
        status = self.file.status
        return status["rows"] if status else dict.fromkeys((*COUNTS, "superseded"), 0)

    @property
    def loaded(self) -> int:
        return self.rows["inserted"] + self.rows["updated"] + self.rows["unchanged"]

    @property
    def balanced(self) -> bool:
        rows = self.rows
        return rows["read"] == self.loaded + rows["rejected"] + rows["duplicate"] + rows["superseded"]


@dataclass(frozen=True, kw_only=True)
class TableBook:
    """One table's page."""

    truth: TableTruth
    rows: int
    cents: int
    sample: Table


@dataclass(frozen=True, kw_only=True)
class Books:
    """All pages, and what differs."""

    files: Sequence[FileBook]
    tables: Sequence[TableBook]
    mail: Mail
    differences: Sequence[str]


def close_books(data: DemoData, files: Sequence[Watched], world: World) -> Books:
    """Query all sources, and compare them."""
    ledger = world.query(LEDGER)
    written = [dict(zip(ledger.columns, row, strict=True)) for row in ledger.rows]
    runs = [run["file"] for name in dict.fromkeys(t.object for t in data.files) for run in world.runs(name)]
    pages = [_page(file, world, written, runs) for file in files]
    tables = [_table(world, truth) for truth in data.tables]
    mail = world.mail()
    differences = [
        *(text for page in pages for text in _file_differences(page)),
        *_ledger_differences(files, written),
        *(text for table in tables for text in _table_differences(table)),
        *_mail_differences(files, mail),
    ]
    return Books(files=pages, tables=tables, mail=mail, differences=differences)


def _page(file: Watched, world: World, written: Sequence[LedgerRow], runs: Sequence[str]) -> FileBook:
    key, status = file.truth.key, file.status
    return FileBook(
        file=file,
        rejects=list(world.rejects(key)) if status and status["rows"]["rejected"] else [],
        runs=runs.count(key),
        loads=sum(row["source_key"] == key for row in written),
    )


def _table(world: World, truth: TableTruth) -> TableBook:
    ((rows, amount),) = world.query(truth.totals).rows
    return TableBook(
        truth=truth, rows=int(rows), cents=int(Decimal(amount or 0) * 100), sample=world.query(truth.sample)
    )


def _file_differences(page: FileBook) -> Iterator[str]:
    truth, status = page.file.truth, page.file.status
    if status is None:
        yield f"{truth.key}: has no run"
        return
    if status["state"] != truth.state:
        yield f"{truth.key}: ended {status['state']}, not {truth.state}"
    if truth.code and (status["code"] != truth.code):
        yield f"{truth.key}: its problem is {status['code']}, not {truth.code}"
    for name in COUNTS:
        if page.rows[name] != getattr(truth, name):
            yield f"{truth.key}: {page.rows[name]:,} rows {name}, but {getattr(truth, name):,} were planted"
    if not page.balanced:
        yield f"{truth.key}: the books do not balance"
    if not page.once:
        yield f"{truth.key}: {page.runs} runs and {page.loads} loads in the ledger"
    yield from _reject_differences(truth, page.rejects)


def _reject_differences(truth: Truth, rejects: Sequence[Reject]) -> Iterator[str]:
    """Yield the planted bad rows without a reject of the same line, column and code, and all other rejects."""
    found = {(r["line"], r["code"], r["column"]) for r in rejects}
    planted = {(b.line, b.code, b.column) for b in truth.bad_rows}
    for what, rows in (("has no such reject", planted - found), ("was rejected, but not planted", found - planted)):
        for line, code, column in sorted(rows)[:SHOWN_DIFFERENCES]:
            yield f"{truth.key}: line {line} (code {code}, column {column or 'none'}) {what}"


def _ledger_differences(files: Sequence[Watched], written: Sequence[LedgerRow]) -> Iterator[str]:
    """Compare the rows that the warehouse wrote in the transaction that merged each file."""
    truths = {file.truth.key: file.truth for file in files}
    for row in written:
        truth = truths.get(row["source_key"])
        if truth is None:
            yield f"{row['source_key']}: the ledger has a load of a file that was not dropped"
            continue
        names = ("rows_read", "rejected", "duplicates", "inserted", "updated", "unchanged")
        counts = tuple(row[name] for name in names)
        due = (truth.read, truth.rejected, truth.duplicate, truth.inserted, truth.updated, truth.unchanged)
        if counts != due or row["balanced"] != 1:
            yield f"{truth.key}: the ledger has {row}"


def _table_differences(table: TableBook) -> Iterator[str]:
    truth = table.truth
    if (table.rows, table.cents) != (truth.rows, truth.cents):
        yield (
            f"{truth.table}: {table.rows:,} rows worth {table.cents / 100:,.2f},"
            f" not {truth.rows:,} worth {truth.cents / 100:,.2f}"
        )


def _mail_differences(files: Sequence[Watched], mail: Mail) -> Iterator[str]:
    """Compare the messages: the business gets each success, support every other outcome."""
    for who, letters, good in (("the business", mail.business, True), ("support", mail.support, False)):
        received = sorted((letter["file"].split("/", 3)[3], letter["state"]) for letter in letters)
        due = sorted((f.truth.key, f.truth.state) for f in files if (f.truth.state == "LOADED") is good)
        if received != due:
            yield f"{who} received {received}, not {due}"
