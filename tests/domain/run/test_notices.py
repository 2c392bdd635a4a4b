"""What a person reads of a run's end, and what a program reads below it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.run.model import NOT_KEPT, Correction, Counts, Problem, Run, RunState, SourceObject
from chalicelib.domain.run.notices import BELOW, mail, notice, read_mail

SOURCE = SourceObject(bucket="landing", key="incoming/orders/a.csv", etag="e1", size=100)
RUN = Run(
    run_id="r1",
    object="orders",
    source=SOURCE,
    state=RunState.LOADED,
    arrived_at=1.0,
    updated_at=1.0,
    counts=Counts(read=12_000, good=11_999, rejected=1, inserted=11_999),
    archive_key="archive/orders/a.csv",
)


def text_of(run: Run) -> list[str]:
    """The lines that a person reads first."""
    return mail(notice(run)).partition(BELOW)[0].splitlines()


def test_a_person_reads_text_first() -> None:
    assert text_of(RUN) == [
        "The file a.csv was loaded.",
        "Object: orders",
        "File: s3://landing/incoming/orders/a.csv",
        "Rows: 12,000 read, 11,999 good, 1 rejected, 11,999 inserted",
        f"Rejected rows: {notice(RUN)['rejects']}",
        "Archived as: archive/orders/a.csv",
        "Run: r1",
    ]


def test_a_program_reads_json_below_it() -> None:
    for run in (RUN, replace(RUN, problem=Problem(code="X", message="a\n\nb"))):
        assert read_mail(mail(notice(run))) == notice(run)


@pytest.mark.parametrize("state", [state for state in RunState if state.terminal])
def test_each_outcome_has_a_sentence(state: RunState) -> None:
    first = text_of(replace(RUN, state=state))[0]
    assert first.startswith("The file a.csv ")
    assert first.endswith(".")


def test_the_problem_is_named_with_its_code_and_line() -> None:
    failed = replace(RUN, state=RunState.REJECTED, problem=Problem(code="HEADER", message="no column id", line=1_200))
    assert "Problem: no column id (HEADER, line 1,200)" in text_of(failed)
    assert "Problem: no answer (LOST)" in text_of(replace(RUN, problem=Problem(code="LOST", message="no answer")))


def test_what_is_not_loaded_as_written_is_counted() -> None:
    run = replace(RUN, left_out={"blank_lines": 1_200, "comments": 2}, altered={"cut": 3})
    assert {"Left out: comments 2, blank lines 1,200", "Altered values: cut 3"} < set(text_of(run))
    message = read_mail(mail(notice(run)))
    assert (message["left_out"], message["altered"]) == ({"comments": 2, "blank_lines": 1_200}, {"cut": 3})


def test_what_is_empty_has_no_line() -> None:
    bare = replace(RUN, object="", state=RunState.UNROUTED, counts=Counts(), archive_key=NOT_KEPT)
    assert [line.partition(":")[0] for line in text_of(bare)[1:]] == ["File", "Run"]


def test_a_correction_names_the_run_that_it_corrects() -> None:
    correction = replace(RUN, corrects=Correction(run_id="r0", generation=1, source_order=""), archive_key="")
    assert "Corrects run: r0" in text_of(correction)


@pytest.mark.parametrize("name", ["a\n\nb.csv", "a\r\nObject: other", "\x1b[31m", "\u202e.csv", "{"])
def test_a_name_adds_no_line_to_the_text(name: str) -> None:
    run = replace(RUN, source=replace(SOURCE, key=f"incoming/orders/{name}"))
    message: dict[str, Any] = notice(run)
    assert len(text_of(run)) == len(text_of(RUN))
    assert mail(message).partition(BELOW)[0].replace("\n", "").isprintable()
    assert read_mail(mail(message)) == message
