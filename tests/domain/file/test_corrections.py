"""Bad rows as people see them: which columns they have, what can be taken apart, and what is told of their books."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.contract import IGNORED, RESCUED, Contract
from chalicelib.domain.contract.dialect import Dialect, Escape
from chalicelib.domain.contract.notation import Notation, Trim
from chalicelib.domain.file.corrections import (
    CorrectedRow,
    Splitter,
    columns_of,
    corrected_file,
    still_broken,
    still_masked,
    too_long,
)
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.run.rejects import KEPT_BYTES, NO_TEXT
from tests.support.files.engine import contract, text

THINGS = contract(Column(name="a", type=text()), Column(name="b", type=text()), Column(name=RESCUED, type=text()))
FILED = FilePlan(columns=("b", f"{IGNORED}2", "a", RESCUED), header_lines=1, ranges=(), rescued=((1, "Extra"),))
HIDDEN = contract(Column(name="a", type=text()), Column(name="b", type=text(), pii=True))
PLAIN_THINGS = contract(*THINGS.columns[:2])
PLAIN = FilePlan(columns=("a", "b"), header_lines=1, ranges=())


def test_columns_are_the_files_merged_or_rescued_ones() -> None:
    assert columns_of(THINGS, FILED) == ("b", "a", "Extra")
    assert columns_of(THINGS, None) == ("a", "b"), "how the file was is not known any more"


def test_what_is_rescued_is_taken_out_of_its_place() -> None:
    assert Splitter(THINGS, FILED).values("1,more,left out,2") == ("1", "2", "more")


@pytest.mark.parametrize(
    ("things", "file_plan", "record"),
    [
        (THINGS, FILED, "1,2,3"),
        (THINGS, FILED, '1,"2,3,4'),
        (THINGS, FILED, "1,2,3,4\n1,2,3,4"),
        (THINGS, FILED, f"1,2,3,{'x' * KEPT_BYTES}"),
        (HIDDEN, PLAIN, "***"),
        (HIDDEN, replace(PLAIN, rescued=((2, "Extra"),)), "1,***,3"),
        (replace(HIDDEN, dialect=Dialect(escape=Escape.BACKSLASH)), PLAIN, "***"),
        (replace(THINGS, dialect=Dialect(escape=Escape.BACKSLASH)), PLAIN, "1,caf\\xe9"),
    ],
    ids=["ragged", "quote", "two", "cut", "masked", "masked and rescued", "masked and escaped", "broken and escaped"],
)
def test_a_record_of_which_not_all_is_known_is_left_whole(things: Contract, file_plan: FilePlan, record: str) -> None:
    assert Splitter(things, file_plan).values(record) is None


@pytest.mark.parametrize(
    ("record", "values"),
    [
        ('x,="00421",="a,b"', ("x", '="00421"', '="a,b"')),
        ('x,="a""b","=""a"""', ("x", '="a""b"', '="a"')),
        ('x, ="007",\u00a0="8" ', None),  # only the last column leaves blanks out
        ('x,7,\u00a0="8,9" ', ("x", "7", '\u00a0="8,9" ')),
        ('="x",7,8', None),
        ('x,="7"a,8', None),
        ('x,="7,8', None),
    ],
)
def test_a_bare_text_of_a_spreadsheet_is_taken_apart(record: str, values: tuple[str, ...] | None) -> None:
    sheet = Notation(spreadsheet_text=True)
    columns = [Column(name="b", type=text(), notation=sheet)]
    columns += [Column(name="c", type=text(), notation=replace(sheet, trim=Trim.UNICODE))]
    things = contract(Column(name="a", type=text()), *columns)
    assert Splitter(things, replace(PLAIN, columns=("a", "b", "c"))).values(record) == values


def test_a_masked_record_is_known_but_for_what_is_masked() -> None:
    assert Splitter(HIDDEN, PLAIN).values('"1,2",***') == ("1,2", "***")
    assert still_masked(HIDDEN, {"a": "***", "b": "x"}) == ""
    assert still_masked(HIDDEN, {"a": "x", "b": "***"}) == "b"


def test_broken_bytes_are_recognised_wherever_they_are() -> None:
    reject = {"reason": f"a {NO_TEXT}", "record": "caf\\xe9,\\x41,2"}
    assert still_broken(reject, ["le caf\\xe9", "2"])
    assert not still_broken(reject, ["café", "\\x41", "\\xe8"]), "none of these is what the record shows"
    assert not still_broken({**reject, "reason": "b is not integer"}, ["caf\\xe9", "2"]), "it was text"


def test_a_row_is_measured_without_its_line_end() -> None:
    rows = [CorrectedRow(byte_offset=n, line=n, values=(value, "")) for n, value in enumerate(("x", "xxx", "xx"))]
    body, places = corrected_file(PLAIN_THINGS, ("a", "b"), rows)
    assert body == b"a,b\nx,\nxxx,\nxx,\n"
    allowed = replace(PLAIN_THINGS, limits=replace(PLAIN_THINGS.limits, max_record_bytes=3))
    assert (found := too_long(allowed, places, len(body)))
    assert found.line == 1
    assert too_long(PLAIN_THINGS, places, len(body)) is None
