"""The demo cannot pass by accident: any count, row, message or run that differs is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from local.demo.books import LEDGER, Books, close_books
from local.demo.story import Story, StuckError
from local.demo.truth import BadRow, DemoData, TableTruth, Truth
from local.demo.world import Mail, Status, Table

BAD = BadRow(line=3, kind="no such day", code=1205, column="transaction_date")
FIRST = Truth(key="incoming/t.csv", object="t", read=10, good=9, rejected=1, duplicate=2, inserted=7, bad_rows=(BAD,))
SECOND = Truth(key="incoming/u.csv", object="t", read=4, good=4, updated=4, after=FIRST.key)
WRONG = Truth(key="incoming/w.csv", object="t", state="REJECTED", code="HEADER_MISMATCH")
TABLE = TableTruth(table="t", rows=7, cents=1250, totals="TOTALS", sample="SAMPLE")
DATA = DemoData(files=(FIRST, SECOND, WRONG), tables=(TABLE,))


@dataclass
class FakeDeployment:
    """Ends every file at the second look, as its truth says."""

    dropped: list[str] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    reject: dict[str, Any] = field(default_factory=lambda: {"line": 3, "code": 1205, "column": "transaction_date"})
    cents: str = "12.50"
    runs_of: tuple[str, ...] = (FIRST.key, SECOND.key, WRONG.key)
    ledger: dict[str, Any] = field(default_factory=dict)
    notified_support: tuple[str, ...] = (WRONG.key,)
    never: str = ""

    def drop(self, path: Path, key: str) -> None:
        self.dropped.append(key)

    def status(self, key: str) -> Status | None:
        self.looks[key] = self.looks.get(key, 0) + 1
        if self.looks[key] == 1:
            return None
        truth = next(t for t in DATA.files if t.key == key)
        names = ("read", "good", "rejected", "duplicate", "inserted", "updated", "unchanged")
        rows = {**{n: getattr(truth, n) for n in names}, "superseded": 0, **self.changes.get(key, {})}
        problem = {"message": "does not fit"} if truth.code else None
        return {
            **{"state": truth.state, "code": truth.code or None, "rows": rows, "first_error": problem},
            **{"percent": 100.0, "chunks": {"staged": 1, "total": 1}, "finished": key != self.never},
        }

    def runs(self, object: str) -> Sequence[Mapping[str, Any]]:
        return [{"file": key} for key in self.runs_of]

    def rejects(self, key: str) -> Iterator[Mapping[str, Any]]:
        return iter([{**self.reject, "reason": "is bad"}])

    def query(self, sql: str) -> Table:
        if sql == "TOTALS":
            return Table(columns=["rows", "amount"], rows=[[7, self.cents]])
        if sql == "SAMPLE":
            return Table(columns=["a"], rows=[["x"]])
        assert sql == LEDGER
        written = [{**self._ledger_row(t), **(self.ledger if t is FIRST else {})} for t in (FIRST, SECOND)]
        return Table(columns=list(written[0]), rows=[list(row.values()) for row in written])

    def _ledger_row(self, truth: Truth) -> dict[str, Any]:
        counts = {"rejected": truth.rejected, "duplicates": truth.duplicate, "inserted": truth.inserted}
        more = {"updated": truth.updated, "unchanged": 0, "balanced": 1}
        return {"source_key": truth.key, "rows_read": truth.read, **counts, **more}

    def mail(self) -> Mail:
        def letters(keys: Sequence[str], state: str) -> list[dict[str, Any]]:
            return [{"file": f"s3://bucket/{key}", "state": state} for key in keys]

        return Mail(
            business=letters((FIRST.key, SECOND.key), "LOADED"), support=letters(self.notified_support, "REJECTED")
        )


def play(world: FakeDeployment) -> Books:
    clock = iter(range(0, 10**6))
    story = Story(
        data=DATA, folder=Path(), world=world, show=lambda _: None, now=lambda: next(clock), sleep=lambda _: None
    )
    return close_books(DATA, story.play(), world)


def test_books_that_balance_have_no_difference() -> None:
    world = FakeDeployment()
    assert play(world).differences == []
    assert world.dropped.count(FIRST.key) == 2
    assert world.dropped.index(SECOND.key) > world.dropped.index(FIRST.key)


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (FakeDeployment(changes={FIRST.key: {"inserted": 8}}), "8 rows inserted, but 7 were planted"),
        (FakeDeployment(changes={FIRST.key: {"inserted": 8}}), "do not balance"),
        (FakeDeployment(reject={"line": 4, "code": 1205, "column": "transaction_date"}), "line 3 (code 1205"),
        (
            FakeDeployment(reject={"line": 3, "code": 1206, "column": "transaction_date"}),
            "was rejected, but not planted",
        ),
        (FakeDeployment(cents="12.51"), "t: 7 rows worth 12.51, not 7 worth 12.50"),
        (FakeDeployment(runs_of=(FIRST.key, FIRST.key, SECOND.key, WRONG.key)), "2 runs and 1 loads"),
        (FakeDeployment(ledger={"source_key": "other"}), "a load of a file that was not dropped"),
        (FakeDeployment(ledger={"balanced": 0}), "the ledger has"),
        (FakeDeployment(notified_support=()), "support received []"),
        (FakeDeployment(notified_support=(WRONG.key, FIRST.key)), "support received"),
    ],
)
def test_every_difference_is_named(world: FakeDeployment, said: str) -> None:
    assert any(said in text for text in play(world).differences)


def test_a_wrong_end_is_named() -> None:
    world = FakeDeployment()
    data = replace(DATA, files=(FIRST, SECOND, replace(WRONG, state="LOADED", code="")))
    clock = iter(range(0, 10**6))
    story = Story(
        data=data, folder=Path(), world=world, show=lambda _: None, now=lambda: next(clock), sleep=lambda _: None
    )
    assert any("ended REJECTED, not LOADED" in text for text in close_books(data, story.play(), world).differences)


def test_a_file_that_never_ends_is_named() -> None:
    with pytest.raises(StuckError, match=SECOND.key):
        play(FakeDeployment(never=SECOND.key))
