"""How a file is laid out: what could be a row, a header or a value is never left out without a comment."""

from __future__ import annotations

import re

import pytest

from landfall.faults import CommandError
from tests.landfall.infer.conftest import Propose

ROWS = "".join(f"{n},x,{n}\n" for n in range(30))


@pytest.mark.parametrize(
    ("values", "one"),
    [
        (["a@x.com", "b@y.org"], "mail"),
        (["http://a.b/c", "https://d.e/f?g=h&i=j"], "url"),
        (["Ann Lee", "Bob Ray"], "name"),
        (["Lee, Ann", "Ray, Bob"], "name"),
        (["2024-01-01 10:00:00", "2024-01-02 11:00:00"], "stamp"),
        (["1,50", "2,75"], "price"),
        (["08:00", "09:30"], "time"),
        (["a;b|c\td", "e;f|g\th"], "mess"),
        (["hello there you", "good day sir"], "phrase"),
        (["#summer", "#winter"], "tag"),
        (["50%", "60%"], "share"),
        (["1/2", "3/4"], "part"),
        (["00:1a:2b", "00:3c:4d"], "mac"),
        (["C:\\x\\y", "D:\\z"], "path"),
    ],
)
def test_one_column_is_not_split(propose: Propose, values: list[str], one: str) -> None:
    found = propose("\n".join([one, *values, ""]))
    assert [column.name for column in found.contract.columns] == [one]
    assert found.rows == (len(values), 0)


@pytest.mark.parametrize(
    ("body", "delimiter"),
    [
        ("id,time\n1,08:00\n2,09:30\n3,10:00,x\n", ","),
        ("id;price;qty\n1;1,50;2,5\n2;3,75;4,5\n", ";"),
        ("id|name, first|qty\n1|A, B|3\n2|C, D|4\n", "|"),
        ("a#b#c\n1#2#3\n4#5#6\n", "#"),
        ("id^n\n1^x\n2^y\n", "^"),
        ("id\x1fn\n1\x1fx\n2\x1fy\n", "\x1f"),
        ("id~|~n~|~m\n1~|~x~|~2\n", "~|~"),
        ("id::n\n1::x\n2::y\n", "::"),
        ("id|n|m\n1||2\n3||4\n", "|"),
        ("1,08:00\n2,09:30\n3,10:00\n", ","),
    ],
)
def test_the_delimiter_is_one_that_the_first_line_has(propose: Propose, body: str, delimiter: str) -> None:
    assert propose(body).contract.dialect.delimiter == delimiter


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        ('id,a,b\n1,"x",2\n2,y,3\n', '"'),
        ('id,note,\n1,"red, green"\n', '"'),
        ("id,a,b\n1,'x, y',2\n2,z,3\n", "'"),
        ("id,a,b\n1,don't,2\n2,can't,3\n", '"'),
        ('id;a;b\n1;"x;2\n2;"y;3\n3;z;4\n', ""),
    ],
)
def test_quotes_enclose_if_they_can(propose: Propose, body: str, quote: str) -> None:
    assert propose(body).contract.dialect.quote == quote


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("id,note\n1,note\n2,abc\n", ["id", "note"]),
        ("tag,note\nA1,note\nB2,x\n", ["tag", "note"]),
        ("# id,name\n1,a\n2,b\n", ["id", "name"]),
        ("country,2019,2020\nNorway,5,6\nSweden,7,8\n", ["country", "c_2019", "c_2020"]),
        ("id,n,n\n1,a,2\n2,b,3\n", ["id", "n", "n_2"]),
        ("id,,m\n1,a,2\n2,b,3\n", ["id", "column_2", "m"]),
        ("Order ID,order_id,ORDER_ID\n1,2,3\n", ["order_id", "order_id_2", "order_id_3"]),
        ("id,n,\n1,a,\n2,b,\n", ["id", "n"]),
        ("id,n\n1,a,\n2,b,\n", ["id", "n"]),
        ("id,n,\n1,a,\n2,b,c\n", ["id", "n", "column_3"]),
        ("Größe,Name\n1,a\n", ["grosse", "name"]),
    ],
)
def test_a_header_is_matched_by_name(propose: Propose, body: str, names: list[str]) -> None:
    found = propose(body)
    assert found.contract.dialect.header
    assert [column.name for column in found.contract.columns] == names
    assert found.rows == (body.count("\n") - 1, 0)


def test_a_header_with_a_name_twice_checks_the_order(propose: Propose) -> None:
    found = propose("id,n,n\n1,a,2\n2,b,3\n")
    assert 'aliases = ["n (3)"]' in found.text


@pytest.mark.parametrize("body", ["1,a,2\n2,b,3\n", "2024-01-01,x\n2024-01-02,y\n", "5,abc,7\n6,8,9\n7,9,1\n"])
def test_a_first_line_of_values_is_a_row(propose: Propose, body: str) -> None:
    found = propose(body)
    assert not found.contract.dialect.header
    assert found.rows == (body.count("\n"), 0)


@pytest.mark.parametrize("body", ["name\nann\nbob\n", "a,b\nx,y\nx,z\n", "2019,2020\n5,6\n", "5,abc,7\n6,8,9\n7,9,1\n"])
def test_a_header_that_nothing_shows_is_a_comment(propose: Propose, body: str) -> None:
    text = propose(body).text
    assert re.search(r"# .*: it is taken for (?:the header; if it is a row|a row; if it names the columns): ", text)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("Sales of May,,\n,,\nid,n,m\n1,a,2\n2,b,3\n", 2),
        ("Report, of, May, and, June\nid,n\n1,2\n3,4\n", 1),
        ("Report\n\nMade by: x\n\nid;n;m\n1;a;2\n2;b;3\n", 4),
        ("Sales of May,\nid,n\n1,2\n3,4\n", 1),
    ],
)
def test_lines_before_the_header_are_counted(propose: Propose, body: str, lines: int) -> None:
    found = propose(body)
    assert found.contract.dialect.preamble_lines == lines
    assert f"{lines} line{'s' if lines > 1 else ''} before the header" in found.text
    assert found.rows == (2, 0)


@pytest.mark.parametrize(
    ("end", "comment"),
    [
        ("30,y\n", "# footer_lines = 1"),
        ("Total,30\n", '# trailer = { starts_with = "Total" }'),
        ("EOF\n", "# footer_lines = 1"),
        ("Total 30\nmade by x\n", "# footer_lines = 2"),
    ],
)
def test_a_footer_is_a_comment(propose: Propose, end: str, comment: str) -> None:
    found = propose(f"id,a,b\n{ROWS}{end}")
    assert found.contract.dialect.footer_lines == 0
    assert comment in found.text
    assert found.rows == (30 + end.count("\n"), end.count("\n"))


@pytest.mark.parametrize(
    ("body", "setting"),
    [
        ("id,n,\n1,a,\n2,b,\n", "trailing_delimiter = true"),
        ('id,note,n\n1, "red, green",2\n2, "blue",3\n', "blank_before_quote = true"),
        ("sep=;\nid;n\n1;2\n2;3\n", 'delimiter = ";"'),
        ('"sep=|"\r\nid|n\r\n1|a,b,c\r\n2|d,e,f\r\n', 'delimiter = "|"'),
        ("\n\nid,n\n1,2\n2,3\n", "id = { type"),
        ("id,n\n1,2\n2,3\x1a", 'n = { type = "integer"'),
    ],
)
def test_what_the_layout_shows_is_a_setting(propose: Propose, body: str, setting: str) -> None:
    found = propose(body)
    assert any(line.startswith(setting) for line in found.text.splitlines())
    assert found.rows == (2, 0)


def test_the_mark_of_an_old_end_is_not_a_footer(propose: Propose) -> None:
    assert "footer" not in propose(f"id,a,b\n{ROWS}\x1a").text


@pytest.mark.parametrize(
    ("body", "comment"),
    [
        ("tag,uses\n#summer,7\n#winter,8\n", ""),
        ("sign,name\n!,bang\n#,hash\n$,dollar\n", ""),
        ("# made by x\nid,n\n1,2\n3,4\n", "#"),
        ("id,n\n1,2\n# half\n#\n3,4\n", "#"),
        ("tag,uses\n#summer,7\n#broken\n", ""),
    ],
)
def test_a_line_of_the_tables_width_is_a_row(propose: Propose, body: str, comment: str) -> None:
    found = propose(body)
    assert found.contract.dialect.comment == comment
    assert found.rows[0] == sum(line[:1] != "#" or not comment for line in body.splitlines()) - 1


@pytest.mark.parametrize(
    ("body", "comment"),
    [
        ("id,kg\nno,weight\n1,5\n2,6\n", "# skip_after_header = 1"),
        ("code,note\nA1,x\ncode,note\nB2,y\n", '# repeated_header = "skip"  # 1 line is'),
        ("\ufeffid,n\n" + "1,x\n" * 20 + "\ufeffid,n\n2,y\n", '# repeated_header = "skip"  # 1 line is'),
        ("id,n\n1,2\n,\n,\n3,4\n", '# empty_records = "skip"  # 2 lines have no value'),
        ("id,n,m\n1,2\n3,4\n5,6,7\n", '# short_rows = "fill"  # 2 lines have fewer fields'),
        ("tag\n#a\nb\n", '# comment = "#"'),
        ("id|n\n1|a\n2|b\nEOF|2\n", '# trailer = { starts_with = "EOF", count_field = 2 }'),
        ("id,n\n1,a\n2,b\nTotal,x\n", '# trailer = { starts_with = "Total" }'),
        ('id,a\n1,""\n2,\n3,x\n', '# empty = "text"  # 1 field is "", 1 without quotes'),
        ('id|a|b\n1|""|""\n2||\n3|x|"y"\n', '# empty = "text"  # 2 fields are "", 2 without quotes'),
        ("id qty name\n1 5 a\n2 6 b\n", '# delimiter = " "  # if blanks separate columns: each line has 3 words'),
        ("id   x\n12345  y\n123 z\n", "# each line has 2 words with several blanks between them"),
        ("id,v,\n1,1\n2,2\n", "# the header ends with a delimiter, and the rows do not"),
        ("id,v,\n1,1\n2,2\n", 'v = { type = "integer"'),
        ("id,v,w\n1,1\n2,2\n", 'v = { type = "integer"'),
        ("id,v\n1,1\n2, \n3,3\n", '# v = { type = "integer", trim = "blanks" }  # 1 row has only blanks: NULL then'),
        ("id,v\n1,1\n2,\u00a0\n3, 3\n", '# v = { type = "integer", trim = "unicode" }  # 1 row has only blanks'),
        ("id,v\n1,x\n2, \n3,y\n", '# v = { type = "varchar(16)", trim = "blanks" }  # 1 row has only'),
        ("id,v\n1,\t\n2, \n", "# v: only blanks in the sample"),
    ],
)
def test_a_setting_that_would_change_rows_is_a_comment(propose: Propose, body: str, comment: str) -> None:
    assert comment in propose(body).text


@pytest.mark.parametrize(
    "body",
    [
        'id,a\n1,""\n2,"x"\n',
        'id,a\n1,\n2,"x"",,""y"\n',
        "full name\nAnn Lee\nBob\nCy Young Jr\n",
        "id,v,w\n1,1,\n2,2,3\n",
        "id,v\n1,1\n2,\n3,3\n",
    ],
)
def test_what_is_clear_has_no_comment(propose: Propose, body: str) -> None:
    found = propose(body).text.partition("key = ")[2]
    assert not re.findall(r"^# (?!all columns are text).*", found, re.MULTILINE)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"\n\r\n\n", "no row could be read"),
        (b"a,b\r1,2\r\n3,4\n", "line ends are mixed"),
        (b"PK\x03\x04\x14\0\0\0\0\0", "zip"),
        (b"[{}]", "no row could be read"),
        (b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "10000 fields"),
    ],
)
def test_what_cannot_be_a_table_is_refused(propose: Propose, body: bytes, why: str) -> None:
    with pytest.raises(CommandError) as refused:
        propose(body)
    assert why in refused.value.message


def test_a_wide_table_without_a_key_gets_a_key_of_some(propose: Propose) -> None:
    head = ",".join(f"c{n}" for n in range(300))
    found = propose(f"{head}\n" + 2 * (",".join(["1"] * 300) + "\n"))
    assert len(found.contract.key) == 8
    assert "name those that do" in found.text
