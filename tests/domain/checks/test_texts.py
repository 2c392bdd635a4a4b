"""Texts: lengths, lists of allowed values, UTF-8."""

from __future__ import annotations

import pytest

from chalicelib.domain.checks.texts import LONGEST_WORDS, listed
from chalicelib.domain.contract.column import Column, ColumnType, TypeName
from tests.domain.checks.values import assert_bad, assert_good
from tests.support.files.engine import contract, header_of, stage_file
from tests.support.files.fields import fields_with

GOOD = {
    "char": "abc a",
    "varchar": "abc é é1",
}
BAD = {
    ("char", 1204): "abcd",
    ("char", 1220): "é",
    ("varchar", 1204): "abcd éé",
}


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_good_values(name, quoted):
    assert_good(name, GOOD[name], quoted=quoted)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(("name", "code"), BAD)
def test_bad_values(name, code, quoted):
    assert_bad(name, code, BAD[name, code], quoted=quoted)


def test_values_that_are_all_long_are_left_to_the_judge() -> None:
    allowed = "x" * (LONGEST_WORDS + 1)
    check = listed((allowed, 'a"b'), '"')
    assert check.prove(fields_with([allowed, "y"])).tolist() == [False, False]
    assert check.judge(allowed.encode()) is None
    assert check.judge(b"y") is not None


@pytest.mark.parametrize(
    "broken",
    [
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\x80",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\xc3",
    ],
)
def test_what_is_not_utf8(broken):
    things = contract(Column(name="a", type=ColumnType(kind=TypeName.VARCHAR, length=99)))
    rows = ["é€😀".encode(), b"x" + broken, b"ok", broken + b"y", "é".encode() + broken + "é".encode()]
    staged = stage_file(header_of(things) + b"\n".join(rows), things, 1 << 20)
    assert staged.good == "é€😀\nok\n".encode()
    assert [reject.record for reject in staged.rejects] == [rows[1], rows[3], rows[4]]


def test_listed_values_and_patterns_see_through_quotes():
    listed = Column(name="v", type=ColumnType(kind=TypeName.VARCHAR, length=99), values=("a", 'say "hi"', "x" * 80))
    body = b'a\n"a"\n"say ""hi"""\n"say """"hi"""""\nA\n' + b"x" * 80 + b"\n"
    assert [r.line for r in stage_file(b"v\n" + body, contract(listed), 1 << 20).rejects] == [5, 6]
    shaped = Column(name="v", type=ColumnType(kind=TypeName.VARCHAR, length=99), pattern='a"?b*')
    assert [
        r.line
        for r in stage_file(b'v\na\n"a""b"\n"a""""b"\nabb\nabbc\n' + b"a" + b"b" * 90, contract(shaped), 99).rejects
    ] == [4, 6]
