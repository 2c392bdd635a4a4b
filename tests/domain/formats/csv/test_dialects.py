"""Dialects where a property does not say enough: reasons, masks, limits, header drift, the contract's own faults."""

from __future__ import annotations

import json
import time

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import ExtraColumns
from chalicelib.domain.contract.dialect import Dialect, Empty, Escape, Newline, Quotes
from chalicelib.domain.formats.csv.header import match_header, read_header
from chalicelib.errors import Rejected
from tests.support.files.engine import Memory, contract, stage_file, text

PAIR = (Column(name="a", type=text()), Column(name="b", type=text()))


def staged(body: bytes, dialect: Dialect, *columns: Column, block_bytes: int = 16, **more: object):
    things = contract(*(columns or PAIR), dialect=dialect, **more)  # type: ignore[arg-type]
    return stage_file(body, things, 1 << 20, block_bytes)


@pytest.mark.parametrize(
    ("dialect", "body", "reason"),
    [
        (Dialect(comment="#"), b'a,b\nx"y,1\n', "a quote is inside a field that does not start with one"),
        (Dialect(quotes=Quotes.LENIENT), b'a,b\n"x"y,1\n', "text follows a closing quote"),
        (Dialect(quotes=Quotes.LENIENT), b'a,b\n"xy,1\n', "the quote that opens on line 2 is not closed before"),
        (Dialect(newline=Newline.CR), b'a,b\r"x\ry,1\r', "the quote that opens on line 2 is not closed before"),
        (Dialect(escape=Escape.BACKSLASH), b"a,b\nx,\\", "the file ends with a backslash"),
        (Dialect(null=("NULL",)), b"a,b\nNULL\n", "1 columns instead of 2"),
        (Dialect(empty=Empty.TEXT), b"a,b\n_landfall_null_,1\n", "has the value _landfall_null_"),
    ],
)
def test_faults_are_explained(dialect, body, reason):
    (reject,) = staged(body, dialect).rejects
    assert reject.reason.startswith(reason)
    assert reject.line == 2


def test_required_columns_take_the_empty_text_but_no_null():
    columns = (Column(name="k", type=text(), required=True), Column(name="a", type=text(20), required=True))
    dialect = Dialect(empty=Empty.TEXT, null=("NULL",))
    found = staged(b"k,a\n1,\n2,NULL\n,3\n4,x\n", dialect, *columns, key=("k",))
    assert [(r.line, r.column) for r in found.rejects] == [(3, "a"), (4, "k")]
    assert found.good == b"1,\n4,x\n"


def test_the_empty_text_is_held_to_values_and_patterns():
    column = Column(name="a", type=text(), values=("x",))
    dialect = Dialect(empty=Empty.TEXT, null=("-",))
    assert [r.line for r in staged(b'a\n""\nx\n-\n', dialect, column).rejects] == [2]
    patterned = Column(name="a", type=text(), pattern="x*")
    assert staged(b'a\n""\nx\n-\n', dialect, patterned).rejects == []


def test_hidden_columns_are_masked_whatever_the_dialect():
    columns = (Column(name="a", type=text(3)), Column(name="b", type=text(9), pii=True))
    dialect = Dialect(escape=Escape.BACKSLASH, null=("NULL",))
    found = staged(b'a,b\n\\xlong,se\\,cret\nx"y,secret\nNULLL,secret\n', dialect, *columns)
    assert [r.record for r in found.rejects] == [b"xlong,***", b"***", b"NULLL,***"]


@pytest.mark.parametrize(
    ("end", "value"), [(b"\\\r", b'"\r"'), (b"\\\\\r", b"\\"), (b"x\\\r\r", b'"x\r"'), (b"x", b"x")]
)
def test_an_escaped_return_at_the_end_of_the_file_is_text(end: bytes, value: bytes):
    assert staged(b"a,b\n1," + end, Dialect(escape=Escape.BACKSLASH)).good == b"1," + value + b"\n"


def test_offsets_count_in_the_file():
    data = b"a,b\n#x\nNULL,1\n\nb,2\nNULL,3"
    found = staged(data, Dialect(comment="#", null=("NULL",)), lineage=True)
    offsets = [data.index(row) for row in (b"NULL,1", b"b,2", b"NULL,3")]
    rows = (b",1", b"b,2", b",3")
    assert found.good == b"".join(b"00000000,%013d,%s\n" % pair for pair in zip(offsets, rows, strict=True))
    assert [(s.left_out, s.lines) for s in found.summaries] == [({"comments": 1, "blank_lines": 1}, 5)]


@pytest.mark.parametrize("line", [b'a"b,1\n', b'"a"b,1\n', b'x,"a\n', b'"""\n', b"#\n", b"\n", b"NULL,1,2\n", b"\\\n"])
def test_a_file_with_a_fault_in_every_line_takes_linear_time(line):
    dialect = Dialect(comment="#", null=("NULL",), escape=Escape.BACKSLASH)

    def seconds(count: int) -> float:
        data = b"a,b\n" + line * count
        started = time.process_time()
        staged(data, dialect, block_bytes=1 << 20)
        return time.process_time() - started

    seconds(100)
    small, large = min(seconds(2_000) for _ in range(3)), min(seconds(8_000) for _ in range(2))
    assert large < 9 * small + 0.05


def test_a_long_comment_is_a_line_too_long():
    body = b"a,b\n1,2\n#" + b"x" * 500 + b"\n3,4\n"
    found = staged(body, Dialect(comment="#"), longest=100)
    assert [r.line for r in found.rejects] == [3]
    assert found.good == b"1,2\n3,4\n"


THINGS = (Column(name="id", type=text(), required=True), Column(name="note", type=text()))


def test_extra_columns_fail_the_file_without_a_use_for_them():
    fields = ("x", "ID", "", "x")
    with pytest.raises(Rejected, match=r"unexpected: x, x; without a name: column 3$"):
        match_header(contract(*THINGS), fields, private=False)
    ignored = match_header(contract(*THINGS, extra_columns=ExtraColumns.IGNORE), fields)
    assert [c.name for c in ignored.columns] == ["_ignored_1", "id", "_ignored_3", "_ignored_4"]
    super_ = Column(name="_rescued", type=ColumnType(kind=TypeName.SUPER))
    rescued = match_header(contract(*THINGS, super_, extra_columns=ExtraColumns.RESCUE), fields)
    assert [c.name for c in rescued.columns] == ["id", "_rescued"]
    assert rescued.rescued == ((0, "x"), (2, "column 3"), (3, "x (4)"))
    with pytest.raises(Rejected, match="missing: id"):
        match_header(contract(*THINGS, super_, extra_columns=ExtraColumns.RESCUE), ("_rescued", "note"))


def test_ignored_columns_hold_to_no_rule_but_text():
    things = contract(*THINGS, extra_columns=ExtraColumns.IGNORE)
    found = stage_file(b'id,x\n1,"y,y"\n2,\xff\n3\n', things, 1 << 20)
    assert found.good == b'1,"y,y"\n'
    assert [(r.line, r.code) for r in found.rejects] == [(3, 1220), (4, 1203)]


def test_rescued_columns_are_one_document():
    super_ = Column(name="_rescued", type=ColumnType(kind=TypeName.SUPER))
    things = contract(*THINGS, super_, extra_columns=ExtraColumns.RESCUE)
    data = b'x,id,"y ""z"""\n"a ""b""\n",1,2\n,2,\n\xff,3,\n4,4\n\0,5,\n'
    found = stage_file(data, things, 7, 16)
    assert [(r.line, r.code, r.column) for r in found.rejects] == [
        (5, 1220, "_rescued"), (6, 1203, ""), (7, 1218, "_rescued"),
    ]  # fmt: skip
    rows = found.good.decode().replace('""', '"').splitlines()
    assert [json.loads(row.partition(",")[2][1:-1]) for row in rows] == [
        {"x": 'a "b"\n', 'y "z"': "2"},
        {"x": None, 'y "z"': None},
    ]
    assert stage_file(b"id,note\n1,2\n", things, 1 << 20).good == b"1,2\n"


@pytest.mark.parametrize(
    ("body", "dialect", "code", "line"),
    [
        (b"one\n", Dialect(preamble_lines=2), "HEADER_MISSING", 1),
        (b"one\ntwo\n", Dialect(preamble_lines=2), "HEADER_MISSING", 3),
        (b"#a\n#b", Dialect(comment="#"), "HEADER_MISSING", 3),
        (b"one\na\xff\n", Dialect(preamble_lines=1), "HEADER_ENCODING", 2),
        (b'one\na"b\n', Dialect(preamble_lines=1), "HEADER_MALFORMED", 2),
        (b"a,b\r1,2\r", Dialect(), "HEADER_MALFORMED", 1),
    ],
)
def test_headers_that_cannot_be_read(body, dialect, code, line):
    with pytest.raises(Rejected) as refused:
        read_header(Memory(body), dialect, contract(*PAIR).limits)
    assert (refused.value.code, refused.value.line) == (code, line)


def test_headers_in_other_dialects():
    def fields(body: bytes, **dialect) -> tuple[str, ...]:
        return read_header(Memory(body), Dialect(**dialect), contract(*PAIR).limits).fields

    assert fields(b'"a ""x"""||b\n', delimiter="||") == ('a "x"', "b")
    assert fields(b"\xef\xbb\xbfa,b\r1,2\r", newline=Newline.CR) == ("a", "b")
    assert fields(b'a "x"\tb\\\t\n', delimiter="\t", quotes=Quotes.LENIENT, escape=Escape.BACKSLASH) == ('a "x"', "b")
    assert fields(b"NULL,b\n", null=("NULL",)) == ("NULL", "b")
    assert fields(b"1,2\n", header=False, columns=("a", "b")) == ("a", "b")
