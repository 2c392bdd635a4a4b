"""Which version is newer, which run comes first, and what a load is called."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from chalicelib.domain.run.ids import digest
from chalicelib.domain.run.model import (
    NOT_KEPT,
    Correction,
    Counts,
    LedgerRow,
    Outcome,
    Run,
    RunState,
    SourceObject,
    run_id,
)

SOURCE = SourceObject(bucket="b", key="in/orders/a.csv", etag="e", size=1, sequencer="0A", last_modified=9.5)
RUN = Run(
    run_id="r", object="orders", source=SOURCE, state=RunState.ARRIVED, arrived_at=1.0, updated_at=1.0, notified=True
)
CORRECTION = Correction(run_id="parent", generation=3, source_order="earlier")


@pytest.mark.parametrize(
    ("mine", "other", "newer"),
    [
        ("0B", "0A", True),
        ("0B", "0A1", True),
        ("0A", "0B", False),
        ("0A", "0A", False),
        ("0A1", "0A", True),
        ("0A0", "0A", False),
    ],
)
def test_sequencers_compare_padded_on_the_right(mine: str, other: str, newer: bool) -> None:
    assert replace(SOURCE, sequencer=mine).newer_than(other) is newer


@pytest.mark.parametrize(("mine", "other"), [("", "FF"), ("00", "")])
def test_a_listed_object_is_current(mine: str, other: str) -> None:
    assert replace(SOURCE, sequencer=mine).newer_than(other)


@pytest.mark.parametrize(
    ("key", "name"), [("a.csv", "a.csv"), ("in/a.csv", "a.csv"), ("in/a.csv/", "a.csv"), ("in//", "in"), ("/", "")]
)
def test_the_name_is_the_last_segment(key: str, name: str) -> None:
    assert replace(SOURCE, key=key).name == name


def test_runs_are_in_the_order_of_their_files() -> None:
    ages = [(9.5, "0A"), (9.5, "0A1"), (9.5, "0B"), (9.5, ""), (10.0, "01"), (1_700_000_000.0, "00")]
    orders = [
        replace(RUN, source=replace(SOURCE, last_modified=at, sequencer=sequencer)).source_order
        for at, sequencer in ages
    ]
    assert all(first < second for first, second in pairwise(orders))


def test_corrected_rows_have_the_age_of_their_file() -> None:
    assert replace(RUN, corrects=CORRECTION).source_order == "earlier"
    assert CORRECTION.load_id == replace(RUN, run_id="parent", generation=3).load_id


def test_each_generation_is_a_load_of_its_own() -> None:
    again = replace(RUN, generation=2)
    assert len({RUN.load_id, again.load_id, replace(RUN, run_id="r2").load_id}) == 3
    assert again.prefix == f"orders/{again.load_id}"
    assert again.load_id.startswith(again.mark)


def test_a_digest_keeps_its_parts_apart() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4
    assert len(digest("\ud800")) == 32


def test_content_that_comes_back_is_another_run() -> None:
    later = replace(SOURCE, sequencer="0F", last_modified=99.0, version_id="v2")
    assert run_id(SOURCE) == run_id(later)
    assert len({run_id(SOURCE), run_id(SOURCE, again="0F"), run_id(replace(SOURCE, etag="f"))}) == 3


@pytest.mark.parametrize(
    ("run", "finished"),
    [
        (RUN, False),
        (replace(RUN, state=RunState.FAILED), True),
        (replace(RUN, state=RunState.FAILED, notified=False), False),
        (replace(RUN, state=RunState.LOADED), False),
        (replace(RUN, state=RunState.LOADED, archive_key="archive/a.csv"), True),
        (replace(RUN, state=RunState.LOADED, archive_key=NOT_KEPT), True),
        (replace(RUN, state=RunState.LOADED, archive_key=NOT_KEPT, corrects=CORRECTION), False),
        (replace(RUN, state=RunState.LOADED, parent_updated=True, corrects=CORRECTION), True),
        (replace(RUN, state=RunState.LOADED, parent_updated=True), False),
    ],
)
def test_a_run_is_finished_once_nothing_is_left_to_do(run: Run, finished: bool) -> None:
    assert run.finished is finished


def test_counts_after_a_load_balance_with_rows_corrected_since() -> None:
    before = Counts(read=10, good=6, rejected=4)
    row = LedgerRow(
        load_id="l", outcome=Outcome.LOADED, staged=6, duplicate=1, inserted=4, updated=2, unchanged=1, superseded=1,
        corrected=3,
    )  # fmt: skip
    after = before.after(row)
    assert (after.rejected, after.corrected) == (1, 3)
    assert after.settled
    assert after.after(row) == after
    assert not replace(after, inserted=5).settled
    assert not replace(after, read=11).settled
