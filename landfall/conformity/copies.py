"""What Landfall assumes of COPY. Its parts are below processed/ of the stage's bucket until they are loaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from backports import zstd

from chalicelib.domain.contract.dialect import Dialect, Empty
from chalicelib.domain.run.load_errors import meaning
from chalicelib.domain.warehouse.load import LoadOrder
from landfall.conformity.behaviour import Behaviour
from landfall.conformity.scratch_table import REFUSED, ScratchTable
from landfall.conformity.session import Session

TIMES = """
name = "{name}"
target = "{schema}.{name}"
lands_at = ["incoming/{name}/*"]
key = ["id"]

[columns]
id = {{ type = "varchar(16)", required = true }}
born = {{ type = "date" }}
seen = {{ type = "timestamp" }}
sent = {{ type = "timestamptz" }}
"""
LONGEST = """
name = "{name}"
target = "{schema}.{name}"
lands_at = ["incoming/{name}/*"]
key = ["id"]

[columns]
id = {{ type = "varchar(16)", required = true }}
value = {{ type = "varchar(65535)" }}
"""
COLUMNS = ("id", "value", "amount", "document", "raw")
GOOD = 'a,"it\'s ""x"", :y\n€",1.50,"{""n"": [1, ""2""]}",00ff\nb,,,,\n'


@dataclass(frozen=True, kw_only=True)
class Store:
    """Where parts are put, and the role that COPY reads them as."""

    s3: Any
    bucket: str
    role: str

    def put(self, key: str, body: bytes) -> str:
        """Put an object. Return its URL."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.bucket, Key=key)


Scenario = Callable[[Store, Session], str]


@dataclass(frozen=True, kw_only=True)
class CopiedLoad:
    """A load whose rows are in S3."""

    table: ScratchTable
    store: Store

    def load(self, text: str, *, columns: Sequence[str], lost: str = "") -> str:
        """Put the rows and load them. `lost` deletes the part or the manifest before."""
        folder = f"processed/landfall_doctor/{self.table.session.schema}/{self.table.contract.name}"
        part, manifest = f"{folder}/part-00001.csv.zst", f"{folder}/manifest.json"
        order = self._order(text, columns, f"s3://{self.store.bucket}/{manifest}")
        lines = [f"{order.shares[0].mark},{at},{line}" for at, line in enumerate(_records(text))]
        url = self.store.put(part, zstd.compress("".join(lines).encode()))
        self.store.put(manifest, json.dumps({"entries": [{"url": url, "mandatory": True}]}).encode())
        try:
            if lost:
                self.store.delete({"part": part, "manifest": manifest}[lost])
            return self.table.sent(order, None)
        finally:
            self.store.delete(part)
            self.store.delete(manifest)

    def _order(self, text: str, columns: Sequence[str], manifest: str) -> LoadOrder:
        rows = len(_records(text))
        order = self.table.order([], age=1, columns=columns)
        share = replace(order.shares[0], rows_read=rows, rows_good=rows)
        return replace(order, shares=(share,), manifest=manifest, iam_role=self.store.role)


def _records(text: str) -> list[str]:
    """The records here begin with a key of one letter and a comma."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if line[1:2] == ",":
            lines.append(line)
        else:
            lines[-1] += line
    return lines


def values(store: Store, session: Session) -> str:
    table = ScratchTable.made(session, "copied")
    counts = CopiedLoad(table=table, store=store).load(GOOD, columns=COLUMNS)
    shown = "id, value, amount, is_open, replace(json_serialize(document), ' ', ''), lower(from_varbyte(raw, 'hex'))"
    return f"{counts} {table.rows(shown)}"


def empty_texts(store: Store, session: Session) -> str:
    table = ScratchTable.made(session, "empty_texts", dialect=Dialect(empty=Empty.TEXT))
    counts = CopiedLoad(table=table, store=store).load('a,"",1\nb,,\n', columns=("id", "value", "amount"))
    return f"{counts} {table.rows('id, value, amount')}"


def times(store: Store, session: Session) -> str:
    table = ScratchTable.made(session, "copied_times", TIMES)
    text = "a,2026-01-31,2026-01-31T10:20:30.5,2026-01-31 10:20:30+02:00\nb,,2026-01-31 10:20:30,2026-01-31T10:20:30Z\n"
    counts = CopiedLoad(table=table, store=store).load(text, columns=("id", "born", "seen", "sent"))
    sent = "cast(sent at time zone 'UTC' as varchar(32))"
    return f"{counts} {table.rows(f'id, cast(born as varchar(10)), cast(seen as varchar(32)), {sent}')}"


def longest(store: Store, session: Session) -> str:
    table = ScratchTable.made(session, "copied_text", LONGEST)
    counts = CopiedLoad(table=table, store=store).load(f"a,{'x' * 65535}\n", columns=("id", "value"))
    return f"{counts} {table.rows('octet_length(value)')}"


def lost(store: Store, session: Session, what: str) -> str:
    table = ScratchTable.made(session, f"lost_{what}")
    return _cause(CopiedLoad(table=table, store=store).load("a,x\n", columns=("id", "value"), lost=what), table)


def faulty(store: Store, session: Session) -> str:
    table = ScratchTable.made(session, "faulty")
    text = "a,12\nb,12x\n"
    return _cause(CopiedLoad(table=table, store=store).load(text, columns=("id", "amount")), table)


def _cause(seen: str, table: ScratchTable) -> str:
    """Return what Landfall reads from an error; the text itself differs."""
    if not seen.startswith("fails: "):
        return seen
    return f"fails ({meaning(seen).cause.name}) {table.rows('id')}{''.join(seen.partition(REFUSED)[1:])}"


SCENARIOS: Sequence[tuple[str, str, str, Scenario]] = (
    (
        "COPY reads values of all kinds",
        "values would be changed",
        '[["LOADED", 2, 2, 0, 2, 0, 2, 0, 0, 0]] [["a", "it\'s \\"x\\", :y\\n€", "1.50", true, '
        '"{\\"n\\":[1,\\"2\\"]}", "00ff"], ["b", "it\'s :none", "NULL", true, "NULL", "NULL"]]',
        values,
    ),
    (
        "COPY leaves empty texts empty if the option is set",
        "empty texts would be lost",
        '[["LOADED", 2, 2, 0, 2, 0, 2, 0, 0, 0]] [["a", "", "1.00"], ["b", "", "NULL"]]',
        empty_texts,
    ),
    (
        "COPY reads dates and times in ISO 8601, with a T and with a zone",
        "dates and times would be refused or changed",
        '[["LOADED", 2, 2, 0, 2, 0, 2, 0, 0, 0]] [["a", "2026-01-31", "2026-01-31 10:20:30.5", "2026-01-31 08:20:30"], '
        '["b", "NULL", "2026-01-31 10:20:30", "2026-01-31 10:20:30"]]',
        times,
    ),
    (
        "COPY reads a text of 65,535 bytes",
        "the longest texts would be refused",
        '[["LOADED", 1, 1, 0, 1, 0, 1, 0, 0, 0]] [[65535]]',
        longest,
    ),
    (
        "a part that is gone is named",
        "a run whose part was deleted would be tried again and again",
        "fails (STAGED) []",
        partial(lost, what="part"),
    ),
    (
        "a manifest that is gone is named",
        "a run whose manifest was deleted would be tried again and again",
        "fails (STAGED) []",
        partial(lost, what="manifest"),
    ),
    (
        "a value that COPY cannot read fails, and COPY names its line, column and code",
        "a bad value would be loaded, or a file would fail for one row",
        'fails (UNKNOWN) [] refused [[2, "amount", 1207]]',
        faulty,
    ),
)


def behaviours(store: Store) -> Iterator[Behaviour]:
    """Yield the loads by COPY."""
    for name, why, expected, act in SCENARIOS:
        yield Behaviour(name=name, why=why, expected=expected, act=partial(act, store))
