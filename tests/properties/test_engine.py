"""The engine says of every file what a reader that goes byte by byte says, however the file is cut."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.dialect import Dialect
from tests.support.files.engine import assert_as_reference, contract, header_of, stage_file, text
from tests.support.fuzz import examples

PIECES = [b"a", b"1", b"-", b"ab", b'"', b'""', b",", b",", b"\n", b"\n", b"\r", b"\r\n", "é".encode(), b"\xe9", b"\0"]
SMALL = contract(
    Column(name="a", type=text(3)), Column(name="b", type=ColumnType(kind=TypeName.SMALLINT)), longest=1000
)
TIGHT = contract(Column(name="a", type=text(3)), Column(name="b", type=text(5)), longest=9)
SINGLE = contract(Column(name="a", type=text(3), required=True), longest=6)
PIPES = contract(
    Column(name="a", type=text(3)),
    Column(name="b", type=text(3)),
    dialect=Dialect(delimiter="|", quote="'"),
    longest=40,
)


def noise(pieces: list[bytes] = PIECES, most: int = 40) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(pieces), max_size=most).map(b"".join)


@st.composite
def fields(draw: st.DrawFn) -> bytes:
    plain = st.sampled_from([b"", b"a", b"12", b"-7", b"abc", b"abcd", "é".encode(), b"99999", b"x\ry"])
    inner = st.lists(st.sampled_from([b"a", b"1", b",", b"\n", b"\r", b"\r\n", b'""', "ü".encode()]), max_size=5).map(
        b"".join
    )
    return draw(st.one_of(plain, inner.map(lambda value: b'"' + value + b'"')))


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Mostly well-formed records of two columns, some ragged, some polluted, the last perhaps without its line end."""
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        width = draw(st.sampled_from([2, 2, 2, 2, 1, 3]))
        row = b",".join(draw(fields()) for _ in range(width))
        if draw(st.integers(0, 9)) == 0:
            at = draw(st.integers(0, len(row)))
            row = row[:at] + draw(st.sampled_from([b'"', b"\xff", b"\0", b"\n"])) + row[at:]
        rows.append(row + draw(st.sampled_from([b"\n", b"\r\n", b"\r\r\n"])))
    whole = b"".join(rows)
    return whole if draw(st.booleans()) else whole.removesuffix(b"\n")


def whole(data: bytes) -> int:
    return len(data) + 1


@settings(max_examples=250, deadline=None)
@given(st.sampled_from([SMALL, TIGHT, SINGLE]), st.one_of(noise(), tables()), st.integers(16, 40))
def test_blocks_of_any_size_give_what_the_reference_reads(things, body, block_bytes):
    data = header_of(things) + body
    staged = stage_file(data, things, whole(data))
    assert_as_reference(data, things, staged)
    assert stage_file(data, things, whole(data), block_bytes) == staged


@examples(20, fuzz=60)
@given(st.sampled_from([SMALL, TIGHT]), st.one_of(noise(), tables()), st.sampled_from([16, 1 << 20]))
def test_cuts_at_every_byte_give_what_the_whole_gives(things, body, block_bytes):
    data = header_of(things) + body
    for chunk_bytes in range(1, min(len(data), 60)):
        assert_as_reference(data, things, stage_file(data, things, chunk_bytes, block_bytes))


@settings(max_examples=60, deadline=None)
@given(noise([b"a", b"'", b"''", b"|", b"|", b"\n", b'"', b",", b"\r\n"]))
def test_other_delimiters_and_quotes(body):
    data = header_of(PIPES) + body
    assert_as_reference(data, PIPES, stage_file(data, PIPES, whole(data), 16))


CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12), st.sampled_from(["\n", "\r\n"]), st.integers(1, 90))
def test_clean_files_read_as_pythons_csv_reads_them(rows, line_end, chunk_bytes):
    things = contract(*(Column(name=name, type=text(64)) for name in "abc"))
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    data = header_of(things) + out.getvalue().encode()
    staged = stage_file(data, things, chunk_bytes)
    assert staged.rejects == []
    assert list(csv.reader(io.StringIO(staged.good.decode(), newline=""))) == [list(row) for row in rows]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 9), st.sampled_from([b'"', b'x"', b'"x"y', b'a,"b', b'"b\xff",', b",,,", b'""x', b"\0"]))
def test_one_bad_line_harms_no_other(place, pollution):
    rows = [b'v%d,"a,\nb"\n' % n if n % 2 else b"v%d,plain\n" % n for n in range(10)]
    things = contract(Column(name="a", type=text()), Column(name="b", type=text()))
    data = header_of(things) + b"".join([*rows[:place], pollution + b"\n", *rows[place:]])
    staged = stage_file(data, things, 20, 16)
    assert_as_reference(data, things, staged)
    assert staged.good == b"".join(rows)
    assert len(staged.rejects) == 1


def test_every_byte_is_used_once():
    things = contract(Column(name="a", type=text(2)), Column(name="b", type=text(2)))
    body = b'1,2\n\n333,4\r\n"5\n",6\n\r\n7,8,9\n"x\ny",1\nno"pe,1\n9,9'
    data = header_of(things) + body
    staged = stage_file(data, things, 7, 16)
    rejected = sum(len(reject.record) for reject in staged.rejects)
    line_ends = len(b"\r\n") + len(b"\n") * 3 + len(b"\n\r\n")  # of the rejects, and the blank lines
    assert len(staged.good) - 1 + rejected + line_ends == len(body)  # a line feed was added to the last record
