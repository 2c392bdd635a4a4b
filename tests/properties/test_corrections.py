"""Rows of any dialect, taken apart for people and sent back as they are, are staged as what they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.contract.dialect import Dialect, Empty, Escape, Newline
from chalicelib.domain.file.corrections import (
    BROKEN,
    CorrectedRow,
    Splitter,
    as_corrected,
    columns_of,
    corrected_file,
    null_shown,
)
from chalicelib.domain.file.file_plan import FilePlan
from chalicelib.domain.run.lineage import RowOrigins
from chalicelib.domain.staging.row_prefix import rejected_from
from tests.support.files import written
from tests.support.files.dialects import DIALECTS, code_of, pieces, things
from tests.support.files.engine import stage_file, staged_values
from tests.support.fuzz import examples

PLAN = FilePlan(columns=("a", "b"), header_lines=0, ranges=())


@pytest.mark.parametrize("name", DIALECTS)
@examples(50, fuzz=160)
@given(st.data())
def test_what_is_taken_apart_and_sent_back_is_staged_alike(name: str, data: st.DataObject) -> None:
    dialect = DIALECTS[name]
    object_ = things(dialect)
    line_end = b"\r" if dialect.newline is Newline.CR else b"\n"
    behind = dialect.delimiter.encode() * dialect.trailing_delimiter
    body = b"a" + dialect.delimiter.encode() + b"b" + behind + line_end + b"a" + data.draw(pieces(dialect))
    plan = replace(PLAN, columns=("a", "b", "_ignored_3")) if behind else PLAN
    width = len(plan.columns)
    found = [s for s in written.read(body, 0, dialect, 1000) if s.kind == "row" and not code_of(s, dialect, width)]
    rows = []
    if dialect.escape is Escape.BACKSLASH:  # \\xhh may be Landfall's, and a reject ends before a carriage return
        found = [s for s in found if not BROKEN.search(s.raw.decode()) and not s.raw.endswith(b"\\")]
    for one in found:
        values = Splitter(object_, plan).values(one.raw.decode())
        assert values is not None
        for value, meant in zip(values, [*one.values, None, None][:2], strict=True):
            assert value.encode() == meant if meant is not None else not value or value in dialect.null
        rows.append(CorrectedRow(byte_offset=one.start, line=one.line, values=values))
    assert rows
    sent, origins = corrected_file(object_, columns_of(object_, plan), rows)
    read = stage_file(sent, as_corrected(object_), 25)
    assert read.rejects == []
    assert sum(summary.rows_good for summary in read.summaries) == len(origins) == len(rows)
    staged = [row[2:] for row in staged_values(read, as_corrected(object_).dialect)]
    assert staged == [tuple(_staged(value, dialect) for value in row.values) for row in rows]


def _staged(value: str, dialect: Dialect) -> str:
    text = dialect.empty is Empty.TEXT
    return ("_landfall_null_" if text else "") if value in dialect.null or (not value and not text) else value


@pytest.mark.parametrize("name", DIALECTS)
def test_every_row_is_known_by_where_it_came_from(name: str) -> None:
    object_ = things(DIALECTS[name])
    rows = [CorrectedRow(byte_offset=7 * n, line=n, values=("x" * n, "two\nlines")) for n in range(1, 6)]
    sent, origins = corrected_file(object_, ("a", "b"), rows)
    where = RowOrigins.from_json(RowOrigins(origins).to_json())
    assert rejected_from(where, np.asarray(where.own)).tolist() == [7, 14, 21, 28, 35]
    refusing = replace(as_corrected(object_), columns=tuple(replace(c, values=("no",)) for c in object_.columns))
    moved = [where.moved(reject) for reject in stage_file(sent, refusing, 12, 16).rejects]
    assert [(r.line, r.byte_offset) for r in moved] == [(row.line, row.byte_offset) for row in rows]


def test_what_stands_for_null() -> None:
    assert null_shown(things(Dialect())) == ""
    assert null_shown(things(Dialect(null=("NULL",)))) == ""
    assert null_shown(things(Dialect(empty=Empty.TEXT, null=("NULL", "")))) == ""
    assert null_shown(things(Dialect(empty=Empty.TEXT, null=("NULL",)))) == "NULL"
    assert null_shown(things(Dialect(empty=Empty.TEXT, null=()))) == ""
