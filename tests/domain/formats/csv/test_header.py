from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect
from chalicelib.domain.formats.csv.header import UNNAMED, match_header, read_header
from chalicelib.errors import Rejected
from tests.support.files.engine import Memory, contract, text

PLAIN = Dialect()
THINGS = contract(
    Column(name="thing_id", type=text(), aliases=("ID", "Thing No")),
    Column(name="amount", type=ColumnType(kind=TypeName.BIGINT), required=True),
    Column(name="note", type=text()),
    key=("thing_id",),
)


def read(data: bytes, dialect: Dialect = PLAIN, **limits: int):
    return read_header(Memory(data), dialect, Limits(**limits))


@pytest.mark.parametrize(
    ("data", "fields", "start", "lines"),
    [
        (b"a,b\n1,2\n", ("a", "b"), 4, 1),
        (b"a,b\r\n1,2\r\n", ("a", "b"), 5, 1),
        (b"\xef\xbb\xbfa,b\n", ("a", "b"), 7, 1),
        (b"a, b ", ("a", "b"), 5, 1),
        (b'"a","b ""x"" \n y"\n1', ("a", 'b "x" \n y'), 18, 2),
        (b"a\n", ("a",), 2, 1),
        (b"a,b\r", ("a", "b"), 4, 1),
    ],
)
def test_reads_names_and_where_the_data_starts(data, fields, start, lines):
    header = read(data)
    assert (header.fields, header.data_start, header.lines) == (fields, start, lines)


def test_reads_the_contracts_dialect():
    assert read(b"a|'b|c'\n", Dialect(delimiter="|", quote="'")).fields == ("a", "b|c")


def test_reads_no_more_than_it_needs():
    source = Memory(b"a,b\n" + b"1,2\n" * 1_000_000)
    read_header(source, PLAIN, Limits())
    assert sum(length for _, length in source.reads) < 20_000
    long = Memory(b",".join(b"column_%05d" % n for n in range(1500)) + b"\n" + b"x" * 1_000_000)
    assert len(read_header(long, PLAIN, Limits()).fields) == 1500


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_a_header_may_be_as_long_as_a_record(ending):
    names = b"a," + b"b" * 99_998
    for limit in (100_000, 99_999):
        longest = limit - len(ending.removesuffix(b"\n"))
        source = Memory(names[:longest] + ending + b"1,2\n" * 10_000 * bool(ending))
        assert read_header(source, PLAIN, Limits(max_record_bytes=limit)).data_start == longest + len(ending)
        source = Memory(names[:longest] + b"b" + ending + b"1,2\n" * 10_000)
        with pytest.raises(Rejected, match=f"longer than limits.max_record_bytes, {limit}"):
            read_header(source, PLAIN, Limits(max_record_bytes=limit))
        assert sum(length for _, length in source.reads) < limit + 1_000


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'a,"b\n1,2\n', "a quote that is not closed before limits.max_record_bytes or the end of the file"),
        (b'a,b"\n1,2\n', "a quote is inside a field that does not start with one"),
        (b'a,"b"c\n1,2\n', "text follows a closing quote"),
        (b"a,b\r1,2\r", "set dialect.newline"),
        (b"x" * 3_000_000, "longer than limits.max_record_bytes, 1048576"),
    ],
)
def test_reports_why_a_header_is_no_record(data, why):
    with pytest.raises(Rejected, match=why):
        read(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "HEADER_MISSING"),
        (b"\xef\xbb\xbf", "HEADER_MISSING"),
        (b'a,"b\n1,2\n', "HEADER_MALFORMED"),
        (b'a,b"\n1,2\n', "HEADER_MALFORMED"),
        (b"a,b\rc\n", "HEADER_MALFORMED"),
        (b"x" * 3_000_000, "HEADER_MALFORMED"),
        (b"a,\xff\n", "HEADER_ENCODING"),
        ("a,b\n1,2\n".encode("utf-16"), "HEADER_ENCODING"),
        (b'[{"a": 1}]', "WRONG_FORMAT"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "WRONG_FORMAT"),
        (b"," * 2000 + b"\n", "TOO_MANY_COLUMNS"),
    ],
)
def test_refuses_what_is_no_header(data, code):
    with pytest.raises(Rejected) as refused:
        read(data)
    assert refused.value.code == code
    assert refused.value.line == 1


def test_names_match_in_any_order_by_name_or_alias():
    layout = match_header(THINGS, ("Note", "THING NO", "Am_Ount"))
    assert [column.name for column in layout.columns] == ["note", "thing_id", "amount"]
    assert [c.name for c in match_header(THINGS, ("id", "amount")).columns] == ["thing_id", "amount"]


PLACED = contract(
    Column(name="id", type=text()),
    Column(name="n_2", type=text(), aliases=("n (3)",)),
    Column(name="n", type=text()),
    Column(name="column_4", type=text()),
    key=("id",),
)


@pytest.mark.parametrize("fields", [("id", "n", "n", ""), ("id", "n", "N", " "), ("ID", "N", "n", "_")])
def test_a_field_without_a_name_of_its_own_matches_by_place(fields):
    assert [column.name for column in match_header(PLACED, fields).columns] == ["id", "n", "n_2", "column_4"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("n", "id", "", "n"), "given twice: n"),
        (("id", "", "n", "n"), "without a name: column 2"),
        (("id", "n", "n", "", ""), "without a name: column 5"),
    ],
)
def test_a_field_at_another_place_is_not_matched(fields, message):
    with pytest.raises(Rejected, match=message):
        match_header(PLACED, fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("thing_id",), "missing: amount"),
        (("amount", "note"), "missing: thing_id"),
        (("thing_id", "amount", "colour", ""), f"unexpected: field 3; without a name: column 4; {UNNAMED}"),
        (("thing_id", "amount", "id"), "given twice: thing_id"),
        (("thing_id", "amonut"), f"missing: amount; unexpected: field 2 (did you mean amount?); {UNNAMED}"),
        (("thing_id", "price"), f"missing: amount; unexpected: field 2; {UNNAMED}"),
        (("thing_id;amount",), "it has semicolons between its names, but the contract expects commas"),
        (
            ("17", "Jane Doe", ""),
            "missing: thing_id, amount; without a name: column 3; "
            "none of its 3 names is in the contract: check whether the first line is a header",
        ),
    ],
)
def test_reports_what_differs(fields, message):
    with pytest.raises(Rejected, match=f"the header does not fit the contract {THINGS.name}; ") as refused:
        match_header(THINGS, fields)
    assert refused.value.code == "HEADER_MISMATCH"
    assert refused.value.message.endswith(message)


def test_a_long_difference_is_cut():
    with pytest.raises(Rejected) as refused:
        match_header(THINGS, ("thing_id", "amount", *("x" * 1000 + str(n) for n in range(500))), private=False)
    assert len(refused.value.message) < 2000
    assert refused.value.message.endswith("and 480 more")


WIDE = contract(*(Column(name=f"c{n}", type=text()) for n in range(5)), key=("c0",))


@pytest.mark.parametrize(
    ("fields", "quoted"),
    [
        ("c0 c1 c2 odd", True),
        ("c0 c1 c2 c3 c4 odd odd odd odd", True),
        ("c0 c1 c2 odd odd odd", False),  # half of the fields
        ("c0 c1 odd", False),  # less than half of the columns
        ("c0 odd", False),
        ("odd odd odd odd c0", False),
        ("c0 c1 c2 c3 odd\x1b", False),
        ("c0 c1 c2 c3 odd odd\n9", False),
        ("c0 c1 c2 c3 odd " + "odd" * 22, False),
    ],
)
@pytest.mark.parametrize("pii", [False, True])
def test_only_what_is_clearly_a_header_is_quoted(fields, quoted, pii):
    contract = replace(WIDE, columns=(*WIDE.columns[:-1], replace(WIDE.columns[-1], pii=pii)))
    with pytest.raises(Rejected) as refused:
        match_header(contract, tuple(fields.split(" ")))
    assert ("odd" in refused.value.message) is (quoted and not pii)
    assert ("unexpected: field" in refused.value.message) is not (quoted and not pii)
    with pytest.raises(Rejected, match="unexpected: odd"):
        match_header(contract, tuple(fields.split(" ")), private=False)
