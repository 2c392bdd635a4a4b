"""Values in the contract's notation, in files: what is staged, what a reject shows, what the books count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract.dialect import Dialect, Empty, Newline
from chalicelib.domain.contract.notation import Excess, Notation, TooLong, Trim
from chalicelib.domain.file.corrections import CorrectedRow, as_corrected, corrected_file
from chalicelib.domain.staging import block, rewriting, stage
from tests.support.files.engine import Memory, contract, header_of, stage_file, text

INTEGER = ColumnType(kind=TypeName.INTEGER)
MONEY = ColumnType(kind=TypeName.DECIMAL, precision=9, scale=2)
COMMA = Notation(decimal=",", thousands=".")
ID = Column(name="id", type=INTEGER, required=True)
THINGS = contract(ID, Column(name="amount", type=MONEY, notation=COMMA), Column(name="note", type=text(20)))


def staged(body: str, things=THINGS, **more):
    return stage_file(header_of(things) + body.encode(), things, 1 << 20, **more)


def good(body: str, things=THINGS) -> list[str]:
    found = staged(body, things)
    assert found.rejects == []
    return found.good.decode().splitlines()


def faults(body: str, things=THINGS) -> list[tuple[str, int, str]]:
    return [(reject.column, reject.code, reject.record.decode()) for reject in staged(body, things).rejects]


def test_values_are_staged_as_redshift_reads_them():
    body = '1,"1.250,40",a\r\n2,-5,"b, c"\n3,,\n4,"0,5",'
    assert good(body) == ['1,"1250.40",a', '2,-5,"b, c"', "3,,", '4,"0.5",']
    assert b",a\r\n" in staged(body).good


def test_a_reject_shows_the_record_as_the_file_has_it():
    assert faults('1.0,"1.250,40","a"\r\nx,"1.250,40",""\n3,"12,34.5",\r\n4,12.5,\n') == [
        ("id", 1207, 'x,"1.250,40",""'),
        ("amount", 1209, '3,"12,34.5",'),
        ("amount", 1209, "4,12.5,"),
    ]


def test_the_first_column_at_fault_is_named():
    things = contract(Column(name="a", type=MONEY, notation=COMMA), ID, Column(name="c", type=MONEY, notation=COMMA))
    assert [column for column, *_ in faults("1.2,x,1.2\n1,x,1.2\n1,2,1.2\n1\n\x00,x,1.2\n", things)] == [
        "a", "id", "c", "", "a",
    ]  # fmt: skip


def test_masked_rejects_show_what_the_file_has():
    columns = (
        ID,
        Column(name="iban", type=text(9), pii=True, notation=Notation(trim=Trim.BLANKS)),
        *THINGS.columns[1:],
    )
    assert faults('x,"  DE00 ","1.250,40",n\n1, much too long ,"1,5",n\n', contract(*columns)) == [
        ("id", 1207, 'x,***,"1.250,40",n'),
        ("iban", 1204, '1,***,"1,5",n'),
    ]


def test_rules_judge_the_canonical_value():
    columns = [
        ID,
        Column(name="n", type=MONEY, notation=COMMA, min="0.5", max="1250.40"),
        Column(name="w", type=text(9), values=("x", "y"), notation=Notation(trim=Trim.BLANKS)),
        Column(name="p", type=INTEGER, pattern="[0-9]+"),
    ]
    things = contract(*columns)
    assert good('1,"1.250,40", x ,4.0\n', things) == ['1,"1250.40",x,4']
    assert faults('1,"1.250,41",x,4\n1,"0,4",x,4\n1,1, z ,4\n1,1,x,-4.0\n', things) == [
        ("n", 0, '1,"1.250,41",x,4'),
        ("n", 0, '1,"0,4",x,4'),
        ("w", 0, "1,1, z ,4"),
        ("p", 0, "1,1,x,-4.0"),
    ]


@pytest.mark.parametrize("key", [(), ("code",)])
def test_a_null_word_in_a_required_column_or_a_key_is_a_fault(key):
    code = Column(name="code", type=text(9), required=not key, notation=Notation(null=("NA",)))
    assert faults('1,NA\n2,"NA"\n3,NAM\n', contract(ID, code, key=key)) == [
        ("code", 1213, "1,NA"),
        ("code", 1213, '2,"NA"'),
    ]


def test_null_where_an_empty_field_is_a_text():
    notes = [Column(name=name, type=text(20), notation=Notation(null=("NA",), trim=Trim.BLANKS)) for name in "ab"]
    amount = Column(name="n", type=MONEY, notation=Notation(null=("NA",)))
    things = contract(ID, *notes, amount, dialect=Dialect(empty=Empty.TEXT, null=("NULL",)))
    assert good('1,NA,NULL,NA\n2, "NA,,1\n3,x,"",\n'.replace(' "', " "), things) == [
        "1,_landfall_null_,_landfall_null_,",
        "2,_landfall_null_,,1",
        '3,x,"",',
    ]


def test_what_is_rounded_or_cut_is_counted_in_good_rows_only():
    columns = [
        ID,
        Column(name="n", type=MONEY, notation=Notation(excess=Excess.ROUND)),
        Column(name="t", type=text(3), notation=Notation(too_long=TooLong.CUT)),
    ]
    found = staged("1.0,2.345,abcd\n2,2.340,abc\nx,2.345,abcd\n3,2.355,\n", contract(*columns))
    assert found.good == b"1,2.35,abc\n2,2.34,abc\n3,2.36,\n"
    (summary,) = found.summaries
    assert summary.altered == {"cut": 1, "rounded": 2}


@pytest.mark.parametrize("block_bytes", [16, 100, 1 << 20])
def test_excess_is_found_in_any_block(block_bytes):
    body = "".join(f"{n}.0,,\n" if n % 3 == 0 else f"{n},,\n" for n in range(200))
    found = staged(body, block_bytes=block_bytes)
    assert found.good.decode().splitlines() == [f"{n},," for n in range(200)]


def test_a_reading_is_rewritten_once_however_often_it_is_judged(monkeypatch):
    calls = []
    monkeypatch.setattr(stage, "MOST_ROWS", 10)
    monkeypatch.setattr(block, "rewritten", lambda *args: calls.append(args) or rewriting.rewritten(*args))
    numbers = contract(ID, Column(name="n", type=MONEY))
    found = staged("1,2\n" * 30 + "1,2.500\n" * 300, numbers, block_bytes=1200)
    assert found.good == b"1,2\n" * 30 + b"1,2.50\n" * 300
    assert len(calls) == 1


def test_keys_are_compared_in_their_canonical_form():
    from landfall.check.checking import Outputs, check_file

    things = contract(ID, key=("id",))
    assert check_file(Memory(b"id\n4\n4.0\n5\n"), things, Outputs(reject=lambda _: None)).duplicate == 1


def test_a_value_that_needs_quotes_gets_them():
    bare = contract(ID, Column(name="t", type=text(20), notation=Notation(spreadsheet_text=True)))
    assert good('1,"=""a,b"""\n2,"=""a""""b"""\n', bare) == ['1,"a,b"', '2,"a""b"']
    words = Column(name="b", type=ColumnType(kind=TypeName.BOOLEAN), notation=Notation(true=("ja",)))
    assert good("1tja\n", contract(ID, words, dialect=Dialect(delimiter="t"))) == ["1,true"]


def test_a_delimiter_that_numbers_have():
    things = contract(ID, Column(name="n", type=MONEY, notation=COMMA), dialect=Dialect(delimiter="."))
    assert good('1."1.250,40"\n2.5\n3."0,5"\n', things) == ['1."1250.40"', "2.5", '3."0.5"']


def test_a_record_that_grows_too_long_is_rejected():
    word = Column(name="b", type=ColumnType(kind=TypeName.BOOLEAN), notation=Notation(true=("j",)))
    long = Column(name="t", type=text(65_535))
    columns = [word, *(replace(long, name=f"t{n}") for n in range(64))]
    things = replace(contract(*columns), limits=Limits(max_record_bytes=4 << 20))
    room = (4 << 20) - 1 - 64
    values = ["x" * 65_535] * 63 + ["x" * (room - 63 * 65_535)]
    (fault,) = staged(",".join(["j", *values]) + "\n", things).rejects
    assert fault.reason.startswith("the record is longer than")
    assert staged(",".join(["j", *values[:-1], values[-1][3:]]) + "\n", things).rejects == []


def test_corrected_rows_go_through_the_same_rules():
    rows = [
        CorrectedRow(byte_offset=n, line=n, values=values)
        for n, values in enumerate([("1", "1.250,40", ""), ("2.0", "1.2", "")])
    ]
    body, _ = corrected_file(THINGS, ("id", "amount", "note"), rows)
    found = stage_file(body, replace(as_corrected(THINGS), lineage=False), 1 << 20)
    assert found.good == b'1,"1250.40",\n'
    assert [reject.column for reject in found.rejects] == ["amount"]


SHEET = Notation(spreadsheet_text=True)
CODES = contract(
    ID,
    Column(name="code", type=text(9), notation=SHEET),
    Column(name="note", type=text(20)),
    Column(name="last", type=text(9), notation=SHEET),
)


@pytest.mark.parametrize("block_bytes", [16, 50, 1 << 20])
def test_texts_for_spreadsheets_stand_without_quotes_as_well(block_bytes):
    body = '1,="00421","a\n,=""x"",b",="7"\r\n2,"=""00421""",b,="a""b"\n3,007,"=""x""",="1,2"\n4,="",,=""'
    found = staged(body, CODES, block_bytes=block_bytes)
    assert found.rejects == []
    rows = '1,00421,"a\n,=""x"",b",7\r\n2,00421,b,"a""b"\n3,007,"=""x""","1,2"\n4,,,\n'
    assert found.good.decode() == rows


@pytest.mark.parametrize("block_bytes", [16, 50, 1 << 20])
def test_a_bare_quote_in_another_column_or_form_stays_a_fault(block_bytes):
    lines = ['1,="a",="b",c', '2,="a"x,,', '3,="a,,', '4,="a\0",,', '5,"\0a",,', 'x,="a",b,="c"', '6,="a",,"\0"']
    found = staged("\n".join([*lines, '7,="a",,\n']), CODES, block_bytes=block_bytes)
    assert found.good == b"7,a,,\n"
    assert [(reject.record.decode(), reject.code) for reject in found.rejects] == list(
        zip(lines, [1216, 1216, 1216, 1216, 1218, 1207, 1218], strict=True)
    )
    assert [reject.line for reject in found.rejects] == [2, 3, 4, 5, 6, 7, 8]


def test_masked_rejects_show_the_spreadsheets_form():
    hidden = contract(
        ID, Column(name="code", type=text(9), notation=SHEET), Column(name="iban", type=text(9), pii=True)
    )
    assert faults('x,="00421",DE00\n', hidden) == [("id", 1207, 'x,="00421",***')]


def test_texts_for_spreadsheets_in_another_dialect():
    things = contract(*CODES.columns, dialect=Dialect(delimiter="||", null=("NULL",)))
    assert good('1||="00421"||NULL||="a||b"\n', things) == ["1,00421,,a||b"]


def test_a_boolean_may_be_a_nul_beside_a_spreadsheets_text():
    flag = Column(name="b", type=ColumnType(kind=TypeName.BOOLEAN), notation=Notation(false=("\0",)))
    things = contract(ID, Column(name="code", type=text(9), notation=SHEET), flag)
    assert good('1,="a",\0\n2,,\0\n', things) == ["1,a,false", "2,,false"]


@pytest.mark.parametrize("block_bytes", [16, 1 << 20])
def test_a_reason_does_not_depend_on_the_other_rows_of_a_block(block_bytes):
    found = staged("1,,a much longer note\n2.0,,\nx,,\n4.5,,\n", block_bytes=block_bytes)
    assert [reject.reason.partition(";")[0] for reject in found.rejects] == [
        "id is not integer: it has letters",
        "id is not integer: it has digits after the point",
    ]


def test_many_null_words():
    words = tuple(f"none{n}" for n in range(17))
    things = contract(ID, Column(name="note", type=text(20), notation=Notation(null=words)))
    assert good("1,none16\n2,none17\n3,\n", things) == ["1,", "2,none17", "3,"]


def test_bare_texts_where_a_carriage_return_ends_lines():
    things = contract(*CODES.columns, dialect=Dialect(newline=Newline.CR))
    found = stage_file(b'id,code,note,last\r1,="00421",a,="7"\r2,b,c"d,\r', things, 1 << 20)
    assert found.good == b"1,00421,a,7\n"
    assert [reject.record for reject in found.rejects] == [b'2,b,c"d,']


def test_a_bare_text_that_is_longer_than_a_record():
    things = contract(*CODES.columns, longest=50)
    found = staged('1,="' + "a" * 200 + '",,\n2,="b",,\n', things, block_bytes=16)
    assert found.good == b"2,b,,\n"
    assert [reject.line for reject in found.rejects] == [2]
