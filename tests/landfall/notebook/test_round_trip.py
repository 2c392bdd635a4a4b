"""What is written of a frame is read by the engine as the same values, in every dialect, row for row."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.dialect import Dialect, Empty, EmptyRecords, Encoding
from landfall.notebook.frame_error import FrameError
from landfall.notebook.frame_file import write_frame
from tests.support.files.dialects import DIALECTS, things
from tests.support.files.engine import as_staged, stage_file, staged_values
from tests.support.fuzz import examples

CELLS = (
    st.none() | st.text(st.sampled_from("abN\"'\\,;| #x1é\n\r\x1a/"), max_size=5) | st.sampled_from(["NULL", "\\N", ""])
)
Row = tuple[str | None, str | None]
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6)


def kept(rows: list[Row], dialect: Dialect) -> list[Row]:
    """The rows without those that the contract leaves out, because all their fields are empty and without quotes."""
    distinct = dialect.empty is Empty.TEXT and "" in dialect.null
    bare = (None,) if distinct else (None, "")
    return [row for row in rows if dialect.empty_records is EmptyRecords.ROW or any(v not in bare for v in row)]


def no_word_for_null(dialect: Dialect) -> bool:
    return dialect.empty is Empty.TEXT and not dialect.null


def expected(value: str | None, dialect: Dialect) -> str:
    if value == "" and dialect.empty is Empty.NULL:
        return ""
    return as_staged(None if value is None else value.encode(), dialect)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", DIALECTS)
@examples(20, fuzz=60)
@given(rows=ROWS, chunk=st.sampled_from([1 << 20, 20]))
def test_each_dialect_reads_what_is_written(name: str, header: bool, rows: list[Row], chunk: int) -> None:
    object_ = things(DIALECTS[name])
    object_ = replace(object_, dialect=replace(object_.dialect, header=header))
    out, frame = io.BytesIO(), pd.DataFrame(rows, columns=["a", "b"], dtype=object)
    try:
        write_frame(frame, object_, out)
    except FrameError:
        assert not object_.dialect.quote or no_word_for_null(object_.dialect)
        return
    staged = stage_file(out.getvalue(), object_, chunk)
    assert staged.rejects == []
    found = [row[:2] for row in staged_values(staged, object_.dialect)]
    assert found == [tuple(expected(value, object_.dialect) for value in row) for row in kept(rows, object_.dialect)]


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, st.sampled_from(["x", "y\nz", "a\r\nb\n"]), st.booleans()), min_size=1))
def test_a_line_leads_to_its_row(rows: list[tuple[str | None, str, bool]]) -> None:
    object_, out = things(Dialect()), io.BytesIO()
    frame = pd.DataFrame(
        [(a, f"{b}{'é' * 200 if bad else ''}") for a, b, bad in rows], columns=["a", "b"], dtype=object
    )
    written = write_frame(frame, object_, out)
    found = [written.row_of(reject.line) for reject in stage_file(out.getvalue(), object_, 40).rejects]
    assert found == [place for place, (_, _, bad) in enumerate(rows) if bad]


@pytest.mark.parametrize("encoding", Encoding)
def test_an_encoding_writes_its_bytes_or_refuses(encoding: Encoding) -> None:
    object_ = things(Dialect(encoding=encoding))
    codec = {Encoding.UTF_16: "utf-16"}.get(encoding, encoding.value)
    out = io.BytesIO()
    write_frame(pd.DataFrame({"a": ["é"], "b": ["x"]}), object_, out)
    assert out.getvalue().decode(codec) == "é,x\n"
    sign = "日" if encoding in (Encoding.LATIN_1, Encoding.CP1252) else "\ud800"
    foreign = pd.DataFrame({"a": ["x", sign], "b": ["", ""]}, dtype=object)
    with pytest.raises(FrameError, match=r"row 1: .* does not exist in"):
        write_frame(foreign, object_, io.BytesIO())
