"""Files in any dialect are read as a reader that goes byte by byte reads them, and COPY reads the same of them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.dialect import Dialect, Escape, Quotes, RepeatedHeader, Trailer
from chalicelib.domain.contract.identifiers import fold
from chalicelib.domain.contract.tally import LeftOut, total
from chalicelib.domain.formats.csv.csv_format import CsvFormat
from chalicelib.domain.formats.csv.header import read_header
from chalicelib.domain.formats.csv.split import plan_chunks
from chalicelib.domain.formats.csv.tail import Tail, tail
from tests.support.csv_rows import csv_rows
from tests.support.files.dialects import DIALECTS, assert_as_written, pieces, things
from tests.support.files.engine import Memory, contract, stage_file, staged_values, text
from tests.support.fuzz import examples


@pytest.mark.parametrize("name", DIALECTS)
@examples(20, fuzz=60)
@given(st.data(), st.sampled_from([1000, 12, 8]), st.integers(16, 40), st.integers(1, 60))
def test_blocks_and_chunks_of_any_size_match_the_reference(name, drawn, longest, block_bytes, chunk_bytes):
    object_ = things(DIALECTS[name], longest)
    # a null word or comment the preamble would take for its own is no part of this
    data = b"a" + drawn.draw(pieces(object_.dialect))
    if object_.dialect.comment and data.startswith(object_.dialect.comment.encode()):
        data = b"b" + data
    staged = stage_file(data, object_, len(data) + 1)
    assert_as_written(data, object_, staged)
    assert stage_file(data, object_, len(data) + 1, block_bytes) == staged
    cut = stage_file(data, object_, chunk_bytes, block_bytes)
    assert (cut.good, cut.rejects) == (staged.good, staged.rejects)


CELLS = st.text(st.sampled_from("abN\"'\\,;| #x1é\n\r"), max_size=6)


@pytest.mark.parametrize(
    ("dialect", "options"),
    [
        (Dialect(delimiter=";", escape=Escape.BACKSLASH), {"delimiter": ";", "escapechar": "\\", "doublequote": False}),
        (Dialect(quote="", escape=Escape.BACKSLASH), {"quoting": csv.QUOTE_NONE, "escapechar": "\\"}),
        (Dialect(delimiter="x", quote="'"), {"delimiter": "x", "quotechar": "'"}),
        (Dialect(delimiter=" ", quotes=Quotes.LENIENT), {"delimiter": " "}),
        (Dialect(delimiter="\t", null=("NULL",)), {"delimiter": "\t", "quoting": csv.QUOTE_ALL}),
    ],
)
@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), chunk_bytes=st.integers(1, 60))
def test_what_pythons_csv_writes_is_read_back(dialect, options, rows, chunk_bytes):
    if dialect.escape is Escape.BACKSLASH:  # before a line end, a backslash and a carriage return escape the line end
        rows = [tuple(cell.replace("\r", "") for cell in row) for row in rows]
    data = csv_rows(rows, **options).encode()
    staged = stage_file(data, things(dialect), chunk_bytes, 16)
    assert staged.rejects == []
    assert staged_values(staged, dialect) == rows


LINES = st.lists(st.sampled_from(["a,b", 'a"b,c', '6" nail,x', '"a, ""b""",c', 'x,a"b"c', 'x," y"', '""', '"a\nb",c']))


@settings(max_examples=100, deadline=None)
@given(LINES, st.integers(1, 60))
def test_lenient_reading_agrees_with_pythons_csv(lines, chunk_bytes):
    data = "".join(line + "\n" for line in lines)
    expected = [tuple(row) for row in csv.reader(io.StringIO(data, newline=""))]
    dialect = Dialect(quotes=Quotes.LENIENT)
    staged = stage_file(data.encode(), things(dialect), chunk_bytes, 16)
    assert staged_values(staged, dialect) == [row for row in expected if len(row) == 2]
    assert len(staged.rejects) == sum(len(row) != 2 for row in expected)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=8), st.integers(0, 3), st.integers(0, 3), st.booleans(), st.booleans()
)
def test_preamble_and_footer_are_left_out(rows, before, after, header, ended):
    text_of = csv_rows([("a", "b"), *rows] if header else rows)
    data = b'made by "x\n' * before + text_of.encode() + b"total,3\n" * after
    data = data if ended or not after else data.removesuffix(b"\n")
    columns = {} if header else {"columns": ("a", "b")}
    dialect = Dialect(preamble_lines=before, footer_lines=after, header=header, **columns)
    object_ = contract(*(Column(name=name, type=text(200)) for name in "ab"), dialect=dialect)
    staged = stage_file(data, object_, 20, 16)
    assert staged.rejects == []
    assert staged_values(staged, dialect) == rows


AROUND = st.tuples(st.booleans(), st.sampled_from([b"", b"\n", b"\r\n\n"]), st.integers(0, 2), st.integers(0, 2))
ROWS = st.tuples(CELLS, CELLS).filter(lambda row: tuple(map(fold, row)) != ("a", "b"))
"""Rows that do not repeat the header."""
ENDS = st.sampled_from([b"", b"\n", b"\n\n", b"\r\n\n", b"\x1a", b"\n\x1a", b"\n\x1a\x1a\n"])


@settings(max_examples=150, deadline=None)
@given(st.lists(ROWS, max_size=8), AROUND, ENDS, st.booleans(), st.integers(1, 60))
def test_what_is_around_the_rows_is_left_out(rows, around, end, joined, chunk_bytes):
    sep, blank, units, before = around
    again = b"sep=,\n" * sep + b"a,b\n" + b"kg,m\n" * units
    body = again.join([csv_rows(rows).encode()] * (1 + joined))
    head = b"sep=,\n" * (sep and not before) + b"made by\n" * before + blank + b"a,b\n" + b"kg,m\n" * units
    dialect = Dialect(
        preamble_lines=before, skip_after_header=units, trailer=Trailer(starts_with="END", count_field=2),
        repeated_header=RepeatedHeader.SKIP,
    )  # fmt: skip
    object_ = contract(*(Column(name=name, type=text(200)) for name in "ab"), dialect=dialect)
    count = len(rows) * (1 + joined)
    data = head + body + b"END,%d" % count + end
    staged = stage_file(data, object_, chunk_bytes, 16)
    assert staged.rejects == []
    assert staged_values(staged, dialect) == rows * (1 + joined)
    cuts = CsvFormat().cut(Memory(data), object_, chunk_bytes)
    assert cuts.totals is not None
    assert cuts.totals.rows == count
    expected = {
        LeftOut.SEP_LINES: int(sep and not before),
        LeftOut.LINES_BEFORE_HEADER: before + blank.count(b"\n"),
        LeftOut.LINES_AFTER_HEADER: units,
        LeftOut.REPEATED_HEADERS: (1 + sep + units) * joined,
        LeftOut.BLANK_LINES: max(0, end.split(b"\x1a")[0].count(b"\n") - 1),
        LeftOut.TRAILERS: 1,
        LeftOut.EOF_MARKS: int(b"\x1a" in end),
    }
    assert total([cuts.left_out, *(s.left_out for s in staged.summaries)]) == total([expected])


def test_dialects_do_not_mislead_the_cuts():
    """Chunks start right, so that none has to be staged again."""
    rows = {
        "backslash": b'%05d,"a \\" b, \\""\n',
        "lenient": b'%05d,6" nail\n',
        "no quotes": b'%05d|6" nail\n',
        "returns": b'%05d,"a\rb"\r',
        "two characters": b'%05d||"a||\n1"\n',
    }
    for name, row in rows.items():
        object_ = things(DIALECTS[name])
        data = b"".join(row % number for number in range(5000))
        staged = stage_file(data, object_, 10_000)
        assert staged.rejects == []
        assert len(staged.summaries) > 5
        assert staged.repaired == 0, name


def test_the_footer_is_looked_for_from_the_end_only():
    object_ = things(Dialect(footer_lines=2, preamble_lines=1))
    source = Memory(b"made on monday\n" + b"1,2\n" * 500_000 + b"total,1\nend")
    start = read_header(source, object_.dialect, object_.limits).data_start
    end = tail(source, start, object_.dialect, object_.limits)
    assert end.left_out == {"footer_lines": 2}
    assert source.data[end.start :] == b"total,1\nend"
    assert sum(length for _, length in source.reads) < 100_000
    for data, lines in ((b"a\nb\n", 2), (b"a\nb", 2), (b"\n", 1), (b"a", 1), (b"", 0)):
        found = tail(Memory(data), 0, Dialect(footer_lines=3), object_.limits)
        assert found == Tail(start=0, left_out={"footer_lines": lines} if lines else {})
    assert plan_chunks(Memory(b""), 0, 10, object_.dialect, object_.limits) == ()
